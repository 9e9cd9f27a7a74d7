import type { SqsMessage } from '../src/systems/aws-sqs';

/** A received message that has the same values as system attributes and as attributes of its sender's, lies included. */
export const sqsMessageWith = (values: Record<string, unknown>): SqsMessage => ({
  MessageId: '1',
  Attributes: values as Record<string, string>,
  MessageAttributes: Object.fromEntries(
    Object.entries(values).map(([name, StringValue]) => [
      name,
      { DataType: 'String', StringValue: StringValue as string },
    ]),
  ),
});
