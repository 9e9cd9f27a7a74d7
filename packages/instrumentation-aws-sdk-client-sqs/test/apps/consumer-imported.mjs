import consume from './consume.cjs';

consume(await import('sqs-consumer'));
