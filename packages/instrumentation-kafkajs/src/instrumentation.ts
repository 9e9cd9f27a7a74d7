import {
  kafka,
  MessagingInstrumentation,
  type Advice,
  type Call,
  type KafkaMessage,
  type MessagingConfig,
} from '@queuetrace/messaging';
import type { Consumer, ConsumerConfig, Producer, Transaction } from 'kafkajs';
import { ClientFacts, toldByMetadata } from './client-facts';
import { consumerAdvice } from './consumer';
import { producerAdvice, toldByBroker } from './producer';
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

  protected modules() {
    return [
      {
        name: 'kafkajs',
        versions: ['>=1.16.0 <3'],
        files: {
          'src/index.js': (Kafka: { prototype: object }) => [
            { target: Kafka.prototype, methods: { producer: this._producer, consumer: this._consumer } },
          ],
          'src/broker/index.js': (Broker: { prototype: object }) => [
            { target: Broker.prototype, methods: { produce: toldByBroker, metadata: toldByMetadata } },
          ],
        },
      },
    ];
  }

  private _producer(call: Call) {
    const producer: Producer = call();
    const facts = new ClientFacts(producer);
    const transaction: Advice = begin => this._transaction(begin, facts);
    this.patchInstance({ target: producer, methods: { ...producerAdvice(this.telemetry, facts), transaction } });
    return producer;
  }

  private _transaction(call: Call, facts: ClientFacts) {
    return (call() as Promise<Transaction>).then(transaction => {
      this.patchInstance({ target: transaction, methods: producerAdvice(this.telemetry, facts) });
      return transaction;
    });
  }

  private _consumer(call: Call, [config]: [ConsumerConfig]) {
    const consumer: Consumer = call();
    const wrap = this.wrap.bind(this);
    const facts = new ClientFacts(consumer, config.groupId);
    this.patchInstance({ target: consumer, methods: consumerAdvice(this.telemetry, wrap, facts) });
    return consumer;
  }
}
