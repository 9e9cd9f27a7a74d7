import * as assert from 'node:assert/strict';
import path from 'node:path';
import { SendMessageCommand, type SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { SqsInstrumentation } from '@queuetrace/instrumentation-aws-sdk-client-sqs';
import { runApp, telemetry, withBroker } from '@queuetrace/test-utils';
import {
  attribute,
  deepFrozen,
  outcomeOf,
  requestId,
  text,
  traceparent,
  USER_SPAN_ID,
  USER_TRACE_HEADER,
  USER_TRACEPARENT,
  userAttributes,
  withSqs,
  type Queue,
} from './sqs';

const tracer = trace.getTracer('test');
const KIB = 1024;
const apps = path.join(__dirname, '../../test/apps');

describe('SendMessage', () => {
  const broker = withBroker('aws_sqs');
  const [instrumentation] = telemetry.register(new SqsInstrumentation());
  const sqs = withSqs(broker);
  let queue: Queue;

  beforeEach(async () => {
    queue = await sqs.queue();
  });
  afterEach(() => instrumentation.setConfig({}));

  const input = (given: object = {}): SendMessageCommandInput => ({
    QueueUrl: queue.url,
    MessageBody: 'paid',
    ...given,
  });
  const send = (given?: object) => sqs.client.send(new SendMessageCommand(input(given)));
  const sendSpan = () => telemetry.span(`send ${queue.name}`);

  it('tells one send span with all that the service said', async () => {
    await send();
    const answer = await send();
    const span = telemetry.spans()[1];
    assert.equal(span.kind, SpanKind.PRODUCER);
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    assert.deepEqual(span.attributes, {
      'messaging.system': 'aws_sqs',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': queue.name,
      'messaging.message.id': answer.MessageId,
      'aws.sqs.queue.url': queue.url,
      'cloud.region': 'us-east-1',
      ...requestId(answer),
      'server.address': sqs.url.hostname,
      'server.port': Number(sqs.url.port),
    });
    // The first operation of a client learns the endpoint on the way.
    assert.equal(telemetry.spans()[0].attributes['server.port'], Number(sqs.url.port));
  });

  it("names the host of the queue's URL, where a client that has no endpoint of its own sends to", async () => {
    await sqs.newClient({ endpoint: undefined }).sendMessage(input());
    assert.equal((await sqs.wire(queue)).length, 1);
    assert.equal(sendSpan().attributes['server.port'], Number(sqs.url.port));
    const client = sqs.newClient({ endpoint: undefined, useQueueUrlAsEndpoint: false });
    client.middlewareStack.add(() => () => Promise.reject(new Error('not sent')), { step: 'initialize' });
    await assert.rejects(client.sendMessage(input({ MessageBody: 'to the region' })));
    assert.equal(telemetry.spans()[1].attributes['server.address'], undefined);
  });

  it('counts each message and times each call', async () => {
    await send();
    await send();
    const [sent] = await telemetry.metric('messaging.client.sent.messages');
    assert.equal(sent.value, 2);
    const durations = await telemetry.metric('messaging.client.operation.duration');
    assert.equal(
      durations.reduce((sum, { count }) => sum + count!, 0),
      2,
    );
    assert.equal(durations[0].attributes['messaging.destination.name'], queue.name);
  });

  it('Elastic: carries the span and the baggage to whoever receives, also where the caller has no attributes', async () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    await context.with(propagation.setBaggage(context.active(), baggage), () => send());
    const [message] = await sqs.wire(queue);
    assert.equal(attribute(message, 'traceparent'), traceparent(sendSpan()));
    assert.equal(attribute(message, 'baggage'), 'tenant=acme');
  });

  it('is a child of the active span, and the request is made in its context', async () => {
    const client = sqs.newClient();
    let active: string | undefined;
    client.middlewareStack.add(next => args => {
      active = trace.getActiveSpan()?.spanContext().spanId;
      return next(args);
    });
    await tracer.startActiveSpan('checkout', async parent => {
      await client.sendMessage(input());
      parent.end();
    });
    assert.equal(sendSpan().parentSpanContext?.spanId, telemetry.span('checkout').spanContext().spanId);
    assert.equal(active, sendSpan().spanContext().spanId);
  });

  it('traces the methods of SQS as it does commands, once', async () => {
    const { MessageId } = await sqs.client.sendMessage(input());
    assert.equal(sendSpan().attributes['messaging.message.id'], MessageId);
    const [message] = await sqs.wire(queue);
    assert.equal(attribute(message, 'traceparent'), traceparent(sendSpan()));
  });

  it('traces calls with a callback, which goes on in the context of the caller', async () => {
    const { active, MessageId } = await tracer.startActiveSpan('checkout', parent => {
      parent.end();
      return new Promise<{ active: unknown; MessageId?: string }>((resolve, reject) =>
        sqs.client.send(new SendMessageCommand(input()), (error: unknown, output) =>
          error ? reject(error) : resolve({ active: trace.getActiveSpan(), MessageId: output?.MessageId }),
        ),
      );
    });
    assert.equal(sendSpan().attributes['messaging.message.id'], MessageId);
    assert.equal(active, telemetry.span('checkout'));
    await new Promise<void>(resolve =>
      sqs.client.sendMessage(input({ QueueUrl: `${queue.url}-none` }), {}, (error: unknown) => {
        assert.ok(error instanceof Error);
        resolve();
      }),
    );
    assert.equal(telemetry.span(`send ${queue.name}-none`).status.code, SpanStatusCode.ERROR);
  });

  it("S2: carries the context beside 0 to 10 attributes of the user's, which stay as they are", async () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    for (let count = 0; count <= 10; count++) {
      const MessageAttributes = userAttributes(count);
      const { MessageId } = await context.with(propagation.setBaggage(context.active(), baggage), () =>
        send({ MessageAttributes }),
      );
      const [message] = await sqs.wire(queue);
      const span = telemetry.spans().at(-1)!;
      assert.equal(message.MessageId, MessageId);
      assert.equal(span.kind, SpanKind.PRODUCER);
      for (const name of Object.keys(MessageAttributes))
        assert.equal(attribute(message, name), MessageAttributes[name].StringValue);
      assert.equal(attribute(message, 'traceparent'), count < 10 ? traceparent(span) : undefined);
      assert.equal(attribute(message, 'baggage'), count < 9 ? 'tenant=acme' : undefined);
      const { traceId, spanId } = span.spanContext();
      const header = `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=1`;
      assert.equal(message.Attributes?.AWSTraceHeader, count < 10 ? undefined : header);
    }
  });

  it('says in its kind that a message with no room for a context carries none', async () => {
    const AWSTraceHeader = text(USER_TRACE_HEADER);
    await send({ MessageAttributes: userAttributes(10), MessageSystemAttributes: { AWSTraceHeader } });
    const [message] = await sqs.wire(queue);
    assert.equal(message.Attributes?.AWSTraceHeader, USER_TRACE_HEADER);
    assert.equal(sendSpan().kind, SpanKind.CLIENT);
  });

  it('says in one line, once, that messages have no room for a context', async () => {
    const { code, stdout, stderr } = await runApp(path.join(apps, 'full.cjs'), {
      nodeArgs: ['--require', path.join(apps, 'preload.cjs')],
      args: [broker.address, queue.url],
    });
    assert.equal(code, 0, stderr);
    const span = `span: send ${queue.name} < nothing, 0 links`;
    assert.deepEqual(stdout.trim().split('\n'), [
      'queuetrace: a message with an AWSTraceHeader of its own has no room for a context',
      span,
      span,
    ]);
  });

  it('does not make a message longer than the quota that it keeps', async () => {
    for (const size of [256 * KIB, 1024 * KIB - 20]) {
      const MessageBody = 'x'.repeat(size);
      // ElasticMQ has the older quota.
      if (size > 256 * KIB && !broker.embedded) continue;
      await send({ MessageBody });
      const [message] = await sqs.wire(queue);
      assert.equal(message.Body.length, size);
      assert.equal(message.MessageAttributes, undefined);
      assert.match(message.Attributes!.AWSTraceHeader, new RegExp(telemetry.spans().at(-1)!.spanContext().spanId));
    }
  });

  it('keeps a context that the user has put into the message, and links to it', async () => {
    await send({ MessageAttributes: { traceparent: text(USER_TRACEPARENT) } });
    const [message] = await sqs.wire(queue);
    assert.equal(attribute(message, 'traceparent'), USER_TRACEPARENT);
    assert.equal(sendSpan().links[0].context.spanId, USER_SPAN_ID);
    assert.equal(sendSpan().kind, SpanKind.CLIENT);
  });

  it('replaces a context that was forwarded with the attributes of a received message, and links to it', async () => {
    await sqs.seed(queue, { MessageAttributes: { traceparent: text(USER_TRACEPARENT), kind: text('order') } });
    const { Messages } = await sqs.client.receiveMessage({ QueueUrl: queue.url, MessageAttributeNames: ['All'] });
    const target = await sqs.queue();
    const { MessageAttributes } = Messages![0];
    await sqs.client.sendMessage({ QueueUrl: target.url, MessageBody: 'again', MessageAttributes });
    const [message] = await sqs.wire(target);
    const span = telemetry.span(`send ${target.name}`);
    assert.equal(attribute(message, 'traceparent'), traceparent(span));
    assert.equal(attribute(message, 'kind'), 'order');
    assert.equal(span.links[0].context.spanId, USER_SPAN_ID);
    assert.equal(MessageAttributes!.traceparent.StringValue, USER_TRACEPARENT);
  });

  it("S7: never changes the caller's input; S1: sends a frozen one", async () => {
    const given = deepFrozen(input({ MessageAttributes: userAttributes(2), MessageSystemAttributes: {} }));
    const command = Object.freeze(new SendMessageCommand(given));
    await sqs.client.send(command);
    assert.equal(command.input, given);
    assert.deepEqual(given, input({ MessageAttributes: userAttributes(2), MessageSystemAttributes: {} }));
    const [message] = await sqs.wire(queue);
    assert.equal(attribute(message, 'traceparent'), traceparent(sendSpan()));
  });

  it('sends the same command again, with a context of its own', async () => {
    const command = new SendMessageCommand(input());
    await sqs.client.send(command);
    await sqs.client.send(command);
    const sent = (await sqs.wire(queue)).map(message => attribute(message, 'traceparent')).sort();
    assert.deepEqual(sent, telemetry.spans().map(traceparent).sort());
    assert.equal(new Set(sent).size, 2);
  });

  it('sends what a class declares as accessors', async () => {
    class Order {
      get QueueUrl() {
        return queue.url;
      }
      get MessageBody() {
        return 'from an accessor';
      }
    }
    await sqs.client.send(new SendMessageCommand(new Order()));
    const [message] = await sqs.wire(queue);
    assert.equal(message.Body, 'from an accessor');
    assert.equal(attribute(message, 'traceparent'), traceparent(sendSpan()));
  });

  it("answers with the sums of the caller's attributes", async () => {
    const plain = await outcomeOf(instrumentation, () => send());
    assert.equal((await send()).MD5OfMessageAttributes, plain.value?.MD5OfMessageAttributes);
    const MessageAttributes = { ...userAttributes(9), bytes: { DataType: 'Binary', BinaryValue: Buffer.from('ü') } };
    const given = { MessageAttributes };
    const { value } = await outcomeOf(instrumentation, () => send(given));
    assert.ok(value?.MD5OfMessageAttributes);
    const answer = await send(given);
    assert.equal(answer.MD5OfMessageAttributes, value.MD5OfMessageAttributes);
    assert.deepEqual(Object.keys(answer).sort(), Object.keys(value).sort());
    const nine = { MessageAttributes: userAttributes(9) };
    assert.equal(
      (await send(nine)).MD5OfMessageAttributes,
      (await outcomeOf(instrumentation, () => send(nine))).value?.MD5OfMessageAttributes,
    );
  });

  it('tells an error of the service, which the caller gets as it is', async () => {
    const none = `${queue.url}-none`;
    const plain = await outcomeOf(instrumentation, () => send({ QueueUrl: none }));
    const { error } = await outcomeOf(undefined, () => send({ QueueUrl: none }));
    assert.equal(error?.name, plain.error?.name);
    assert.equal(error?.message, plain.error?.message);
    const span = telemetry.span(`send ${queue.name}-none`);
    assert.equal(span.status.code, SpanStatusCode.ERROR);
    assert.equal(span.attributes['error.type'], error!.name);
    assert.equal(span.events[0].name, 'exception');
  });

  const hostile: Record<string, () => object> = {
    'no queue URL': () => ({ QueueUrl: undefined }),
    'New Relic: a queue URL that is null': () => ({ QueueUrl: null }),
    'a queue URL that is none': () => ({ QueueUrl: 42 }),
    'no body': () => ({ MessageBody: undefined }),
    'attributes that are null': () => ({ MessageAttributes: null }),
    'an attribute that is null': () => ({ MessageAttributes: { broken: null } }),
    'attributes that are text': () => ({ MessageAttributes: 'text' }),
    'attributes that throw (S1)': () => ({
      get MessageAttributes() {
        throw new TypeError('hostile');
      },
    }),
    'system attributes that are a list': () => ({ MessageSystemAttributes: [] }),
  };
  for (const [name, given] of Object.entries(hostile)) {
    it(`leaves the outcome to the SDK: ${name}`, async () => {
      const hostileInput = () => Object.defineProperties(input(), Object.getOwnPropertyDescriptors(given()));
      const sendHostile = () => sqs.client.send(new SendMessageCommand(hostileInput()));
      const plain = await outcomeOf(instrumentation, sendHostile);
      const outcome = await outcomeOf(undefined, sendHostile);
      assert.equal(outcome.error?.name, plain.error?.name);
      assert.equal(outcome.error?.message, plain.error?.message);
    });
  }

  it('leaves what is no command to the SDK', async () => {
    for (const command of [undefined, null, {}, 'text', Object.create(null)]) {
      const sendHostile = async () => sqs.client.send(command as SendMessageCommand) as Promise<object>;
      const plain = await outcomeOf(instrumentation, sendHostile);
      const { error } = await outcomeOf(undefined, sendHostile);
      assert.equal(error?.message, plain.error?.message);
    }
    assert.equal(telemetry.spans().length, 0);
  });

  it('ends with the error of a request that was aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    const options = { abortSignal: controller.signal };
    const abort = () => sqs.client.send(new SendMessageCommand(input()), options);
    const plain = await outcomeOf(instrumentation, abort);
    const { error } = await outcomeOf(undefined, abort);
    assert.equal(error?.name, plain.error?.name);
    assert.equal(sendSpan().attributes['error.type'], 'AbortError');
  });

  it('leaves alone an ignored queue, and everything while tracing is suppressed', async () => {
    await context.with(suppressTracing(context.active()), () => send());
    instrumentation.setConfig({ ignoreDestinations: ['orders-*'] });
    await send();
    const messages = await sqs.wire(queue);
    assert.equal(messages.length, 2);
    for (const message of messages) assert.equal(message.MessageAttributes, undefined);
    assert.equal(telemetry.spans().length, 0);
  });

  it('records the group and the deduplication id of a FIFO queue', async () => {
    queue = await sqs.queue({ FifoQueue: 'true' }, '.fifo');
    await send({ MessageGroupId: 'customer-1', MessageDeduplicationId: 'order-1' });
    assert.equal(sendSpan().attributes['messaging.aws_sqs.message_group_id'], 'customer-1');
    assert.equal(sendSpan().attributes['messaging.aws_sqs.message_deduplication_id'], 'order-1');
    assert.equal(attribute((await sqs.wire(queue))[0], 'traceparent'), traceparent(sendSpan()));
  });
});
