import assert from 'node:assert/strict';
import { AttributeWriter } from '../src/attribute-writer';

describe('the vocabularies', () => {
  const values = { system: 'aws_sqs', operationType: 'send', destinationPartitionId: '3', kafkaOffset: 7 } as const;

  it('write each attribute under their own name', () => {
    assert.deepEqual(new AttributeWriter(['1.44']).write(values), {
      'messaging.system': 'aws_sqs',
      'messaging.operation.type': 'send',
      'messaging.destination.partition.id': '3',
      'messaging.kafka.offset': 7,
    });
    assert.deepEqual(new AttributeWriter(['1.45']).write(values), {
      'messaging.system.name': 'aws.sqs',
      'messaging.operation.type': 'send',
      'messaging.destination.partition.id': '3',
      'kafka.offset': 7,
    });
    assert.deepEqual(new AttributeWriter(['legacy']).write(values), {
      'messaging.system': 'aws_sqs',
      'messaging.operation': 'send',
      'messaging.kafka.partition': 3,
      'messaging.kafka.offset': 7,
    });
  });

  it('are emitted together, and the first one wins where two share a name', () => {
    const both = new AttributeWriter(['legacy', '1.44']).write({ destinationName: 'orders', kafkaOffset: 1 });
    assert.deepEqual(both, {
      'messaging.destination': 'orders',
      'messaging.destination.name': 'orders',
      'messaging.kafka.offset': 1,
    });
  });

  it('leave out what is not known', () => {
    assert.deepEqual(new AttributeWriter(['1.44']).write({ system: 'kafka', clientId: undefined }), {
      'messaging.system': 'kafka',
    });
  });
});
