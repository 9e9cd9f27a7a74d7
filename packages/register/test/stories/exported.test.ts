import {
  startOtlpReceiver,
  uniqueName,
  walkExported,
  withBroker,
  type App,
  type Broker,
  type OtlpReceiver,
  type OtlpSpan,
} from '@queuetrace/test-utils';
import assert from 'node:assert/strict';
import { startPreloaded } from '../preloaded';

/** What the story of one message is made of, by the names of its spans. */
interface Names {
  send: string;
  process: string;
  deadLetter: string;
  /** Where it failed. */
  queue: string;
}

interface Story extends Names {
  attempts: number;
  /** Attempts that failed: one that sends the message to where dead letters go did not. */
  failures: number;
  /** The app publishes it again by itself, from queue to queue, so that it can tell which attempt was the last one. */
  isPublishedAgain: boolean;
  /** The broker moves it back, and nobody sends it again. */
  isMovedBack?: boolean;
}

const ofRabbitMq = (queue: string): Names => ({
  send: `publish ${queue}`,
  process: `consume ${queue}`,
  deadLetter: `consume ${queue}.dlq`,
  queue,
});

const SINGLE = [
  {
    system: 'kafka',
    app: 'kafka.cjs',
    title: 'from an order that failed three times and was then sent to a topic for them',
    storyOf: (topic: string): Story => ({
      send: `send ${topic}`,
      process: `process ${topic}`,
      deadLetter: `process ${topic}.dlq`,
      queue: topic,
      attempts: 4,
      failures: 3,
      isPublishedAgain: true,
    }),
  },
  {
    system: 'aws_sqs',
    app: 'sqs.cjs',
    title: 'from a message that was received too often, redriven, and moved back',
    storyOf: (queue: string): Story => ({
      send: `send ${queue}`,
      process: `process ${queue}`,
      deadLetter: `process ${queue}-dlq`,
      queue,
      attempts: 2,
      failures: 2,
      isPublishedAgain: false,
      isMovedBack: true,
    }),
  },
] as const;

/** All in one process, or the dead letters in another one than the attempts. */
const LAYOUTS: Record<string, string[]> = {
  'in one process': ['work,mend'],
  'across processes': ['mend', 'work'],
};

/** The processes of one run, and what they have exported. */
class Run {
  private _receiver?: OtlpReceiver;
  private _apps: App[] = [];

  async start(app: string, args: (roles: string) => string[], layout: string): Promise<void> {
    this._receiver = await startOtlpReceiver();
    for (const roles of LAYOUTS[layout]) {
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: this._receiver.url,
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OTEL_SERVICE_NAME: roles,
      };
      this._apps.push(await startPreloaded(`stories/${app}`, { args: args(roles), env, waitFor: /ready/ }));
    }
  }

  /** Ends the processes once the stories have been told. */
  async told(stories: readonly Story[]): Promise<void> {
    const isTold = ({ process, deadLetter, attempts }: Story, spans: readonly OtlpSpan[]) =>
      spans.filter(({ name }) => name === process).length > attempts && spans.some(({ name }) => name === deadLetter);
    await this._receiver!.waitFor(receiver => stories.every(story => isTold(story, receiver.spans())));
    for (const app of this._apps) app.signal('SIGTERM');
    await Promise.all(this._apps.map(app => app.ended));
  }

  spans(): OtlpSpan[] {
    return this._receiver!.spans();
  }

  async stop(): Promise<void> {
    for (const app of this._apps.splice(0)) app.signal('SIGKILL');
    await this._receiver?.stop();
  }
}

/** From the dead letter's process span to all of its story. */
function assertTold(spans: OtlpSpan[], story: Story, layout: string): void {
  const walk = walkExported(spans);
  const byStart = spans.toSorted((a, b) => Number(a.startNs - b.startNs));
  const processes = byStart.filter(({ name }) => name === story.process);
  const [attempts, replayed] = [processes.slice(0, story.attempts), processes[story.attempts]];
  const deadLetter = byStart.find(({ name }) => name === story.deadLetter)!;
  const original = walk.linked(deadLetter, 'original-message')!;
  assert.deepEqual([original.name, original.kind, original.parentSpanId], [story.send, 'PRODUCER', '']);

  const caused = walk.causedBy(original);
  for (const attempt of attempts) assert.ok(caused.includes(attempt), `${attempt.name} is no child of the first send`);
  const errors = attempts.filter(({ status }) => status.code === 'ERROR');
  assert.equal(errors.length, story.failures);
  const isChained = story.isPublishedAgain || layout === 'in one process';
  assert.deepEqual(walk.attemptsBefore(deadLetter), isChained ? attempts.toReversed() : []);
  assert.equal(deadLetter.attributes['dlq.original_queue'], story.queue);

  if (story.isMovedBack) {
    assert.ok(caused.includes(replayed));
    assert.equal(deadLetter.attributes['dlq.action'], undefined);
    return;
  }
  assert.equal(deadLetter.attributes['dlq.action'], 'retry');
  assert.equal(walk.linked(replayed, 'original-message'), original);
  assert.equal(walk.linked(replayed, 'previous-attempt'), deadLetter);
  assert.equal(walk.parent(walk.parent(replayed)!), deadLetter);
}

for (const layout of Object.keys(LAYOUTS)) {
  describe(`the story of a dead letter in exported OTLP, ${layout}`, () => {
    for (const { system, app, title, storyOf } of SINGLE) {
      describe(`on ${system}`, () => {
        const broker = withBroker(system);
        const name = uniqueName('orders');
        const run = new Run();
        before(() => run.start(app, roles => [broker.address, name, roles], layout));
        after(() => run.stop());

        it(`can be walked, ${title}`, async () => {
          await run.told([storyOf(name)]);
          assertTold(run.spans(), storyOf(name), layout);
        });
      });
    }

    describe('on RabbitMQ', () => {
      const broker = withBroker('rabbitmq');
      const prefix = uniqueName('shipping');
      const stories = rabbitMqStories(prefix);
      const run = new Run();
      before(async () => {
        const kinds = kindsOn(broker);
        await run.start('rabbitmq.cjs', roles => [broker.address, prefix, roles, kinds.join()], layout);
        await run.told(kinds.map(kind => stories[kind]));
      });
      after(() => run.stop());

      const titles: Record<Kind, string> = {
        classic: 'from a message that was requeued three times and then refused',
        loop: 'from a message that went round a queue with a time to live, and was then sent to a queue for them',
        quorum: 'from a quorum queue with a delivery limit (only a real broker has these)',
      };
      for (const [kind, title] of Object.entries(titles) as [Kind, string][]) {
        it(`can be walked, ${title}`, function () {
          if (!kindsOn(broker).includes(kind)) this.skip();
          assertTold(run.spans(), stories[kind], layout);
        });
      }
    });
  });
}

function rabbitMqStories(prefix: string): Record<'classic' | 'loop' | 'quorum', Story> {
  return {
    classic: { ...ofRabbitMq(`${prefix}.classic`), attempts: 4, failures: 4, isPublishedAgain: false },
    loop: { ...ofRabbitMq(`${prefix}.loop`), attempts: 3, failures: 2, isPublishedAgain: true },
    quorum: { ...ofRabbitMq(`${prefix}.quorum`), attempts: 3, failures: 3, isPublishedAgain: false },
  };
}

type Kind = keyof ReturnType<typeof rabbitMqStories>;

const kindsOn = ({ embedded }: Broker): Kind[] => (embedded ? ['classic', 'loop'] : ['classic', 'loop', 'quorum']);
