// A Lambda function, with the event that it gets.
import { processSqsEvent } from '@queuetrace/messaging';

const attributes = { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) };
const eventSourceARN = 'arn:aws:sqs:us-east-1:000000000000:orders';
const record = { messageId: 'id', body: 'paid', attributes, messageAttributes: {}, eventSourceARN };
await processSqsEvent({ Records: [record] }, () => {});
