/** The operations of SNS, in the query protocol: parameters in a form, results in XML. */
import { AwsError } from './errors';
import { element, textElement, type QueryParameters } from './query-protocol';
import type { Publication, Topics } from './sns';

/** Gives what is inside the result element. */
type Operation = (topics: Topics, parameters: QueryParameters) => string;

const operations: Readonly<Record<string, Operation>> = {
  CreateTopic: (topics, parameters) => textElement('TopicArn', topics.create(parameters.get('Name') ?? '')),

  DeleteTopic: (topics, parameters) => {
    topics.delete(topicArn(parameters));
    return '';
  },

  ListTopics: topics => {
    const members = topics.arns().map(arn => element('member', textElement('TopicArn', arn)));
    return element('Topics', ...members);
  },

  Subscribe: (topics, parameters) => {
    const raw = parameters.map('Attributes').RawMessageDelivery === 'true';
    const arn = topics.subscribe(topicArn(parameters), parameters.get('Endpoint') ?? '', raw);
    return textElement('SubscriptionArn', arn);
  },

  Unsubscribe: (topics, parameters) => {
    topics.unsubscribe(parameters.get('SubscriptionArn') ?? '');
    return '';
  },

  Publish: (topics, parameters) => {
    return textElement('MessageId', topics.publish(topicArn(parameters), publication(parameters)));
  },

  PublishBatch: (topics, parameters) => {
    const arn = topicArn(parameters);
    const members = parameters.list('PublishBatchRequestEntries.member', 'Id').map(entry => {
      const id = topics.publish(arn, publication(entry));
      return element('member', textElement('Id', entry.get('Id') ?? ''), textElement('MessageId', id));
    });
    return element('Successful', ...members) + element('Failed');
  },
};

/** Returns the name of the operation and what is inside the result element. */
export function runSnsOperation(topics: Topics, parameters: QueryParameters): { action: string; result: string } {
  const action = parameters.get('Action') ?? '';
  const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
  if (!operation) throw new AwsError('InvalidAction', `The action ${action} is not valid for this endpoint.`);
  return { action, result: operation(topics, parameters) };
}

function topicArn(parameters: QueryParameters): string {
  return parameters.get('TopicArn') ?? parameters.get('TargetArn') ?? '';
}

function publication(parameters: QueryParameters): Publication {
  return {
    message: parameters.get('Message') ?? '',
    subject: parameters.get('Subject'),
    attributes: parameters.messageAttributes(),
    groupId: parameters.get('MessageGroupId'),
    deduplicationId: parameters.get('MessageDeduplicationId'),
  };
}
