void import('sqs-consumer').then(require('./consume.cjs'));
