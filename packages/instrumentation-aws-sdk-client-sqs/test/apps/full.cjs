// Sends two messages with ten attributes and an X-Ray header of their own: neither has room for a context.
const { diag, DiagLogLevel } = require('@opentelemetry/api');
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');

const silent = () => {};
const logger = { error: silent, warn: line => console.log(line), info: silent, debug: silent, verbose: silent };
diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
const [endpoint, QueueUrl] = process.argv.slice(2);
const text = StringValue => ({ DataType: 'String', StringValue });
const MessageAttributes = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`user-${index}`, text('own')]));
const header = 'Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1';
const MessageSystemAttributes = { AWSTraceHeader: text(header) };
const input = { QueueUrl, MessageBody: 'paid', MessageAttributes, MessageSystemAttributes };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const client = new SQSClient({ region: 'us-east-1', endpoint, credentials });
(async () => {
  for (let sent = 0; sent < 2; sent++) await client.send(new SendMessageCommand(input));
  client.destroy();
})();
