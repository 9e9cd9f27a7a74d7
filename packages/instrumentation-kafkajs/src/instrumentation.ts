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
import { countEvents, followPartitions } from './client-life';
import { consumerAdvice } from './consumer';
import { producerAdvice } from './producer';
import { TracedClient } from './traced-client';
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

  modules(): ClientModule[] {
    return [
      {
        name: 'kafkajs',
        versions: ['>=1.16.0 <3'],
        closures: 'producers and consumers',
        bundleMark: /KafkaJSNon[R]etriableError/,
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
    const traced = new TracedClient(producer, this.telemetry, this.wrap.bind(this));
    countEvents(traced);
    const transactions = transactionAdvice(traced, patch => this.patchInstance(patch));
    this.patchInstance({ target: producer, methods: { ...producerAdvice(traced), ...transactions } });
    return producer;
  }

  private _consumer(call: Call, [config]: [ConsumerConfig]) {
    const consumer: Consumer = call();
    const traced = new TracedClient(consumer, this.telemetry, this.wrap.bind(this), config.groupId);
    countEvents(traced);
    this.patchInstance({ target: consumer, methods: consumerAdvice(traced, followPartitions(traced)) });
    return consumer;
  }
}
