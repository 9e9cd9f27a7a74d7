import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { notificationsDlqQueue, notificationsQueue } from './shop';

/** The queue for notifications: what was received twice in vain is moved to the queue for dead letters. */
export async function createQueues(sqs: SQSClient) {
  const { QueueUrl: dlqUrl } = await sqs.send(new CreateQueueCommand({ QueueName: notificationsDlqQueue }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ['QueueArn'] }),
  );
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 });
  const { QueueUrl: queueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: notificationsQueue, Attributes: { RedrivePolicy } }),
  );
  return { queueUrl, dlqUrl };
}
