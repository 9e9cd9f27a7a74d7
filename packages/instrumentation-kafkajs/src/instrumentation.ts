import {
  kafka,
  MessagingInstrumentation,
  type Call,
  type ClientModule,
  type KafkaMessage,
  type MessagingConfig,
} from '@queuetrace/messaging';
import type { Consumer, ConsumerConfig, Producer } from 'kafkajs';
import { brokerAdvice } from './broker';
import { ClientFacts } from './client-facts';
import { countEvents, followLag } from './client-life';
import { consumerAdvice } from './consumer';
import { producerAdvice } from './producer';
import { transactionAdvice } from './transaction';
import { VERSION } from './version';

const KAFKAJS = { name: 'kafkajs', system: kafka };

/** Traces kafkajs: what producers send, in transactions too, and what consumers handle, one by one or in batches. */
export class KafkaJsInstrumentation extends MessagingInstrumentation<KafkaMessage> {
  constructor(config?: MessagingConfig) {
    super('@queuetrace/instrumentation-kafkajs', VERSION, config);
  }

  protected get client() {
    return KAFKAJS;
  }

  protected modules(): ClientModule[] {
    return [
      {
        name: 'kafkajs',
        versions: ['>=1.16.0 <3'],
        files: {
          'src/index.js': (Kafka: { prototype: object }) => [
            { target: Kafka.prototype, methods: { producer: this._producer, consumer: this._consumer } },
          ],
          'src/broker/index.js': (Broker: { prototype: object }) => [
            { target: Broker.prototype, methods: brokerAdvice },
          ],
        },
      },
    ];
  }

  private _producer(call: Call) {
    const producer: Producer = call();
    const facts = new ClientFacts(producer);
    countEvents(producer, this.telemetry, this.wrap.bind(this));
    const methods = {
      ...producerAdvice(this.telemetry, facts),
      ...transactionAdvice(this.telemetry, facts, patch => this.patchInstance(patch)),
    };
    this.patchInstance({ target: producer, methods });
    return producer;
  }

  private _consumer(call: Call, [config]: [ConsumerConfig]) {
    const consumer: Consumer = call();
    const wrap = this.wrap.bind(this);
    const facts = new ClientFacts(consumer, config.groupId);
    countEvents(consumer, this.telemetry, wrap, config.groupId);
    followLag(consumer, this.telemetry, wrap, config.groupId);
    this.patchInstance({ target: consumer, methods: consumerAdvice(this.telemetry, wrap, facts) });
    return consumer;
  }
}
