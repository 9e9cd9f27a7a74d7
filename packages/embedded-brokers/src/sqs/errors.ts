/** An error as AWS reports it. */
export class AwsError extends Error {
  constructor(
    /** What the JSON protocol calls it. */
    readonly type: string,
    message: string,
    /** What the older query protocol calls it; clients still go by this name too. */
    readonly queryCode: string = type,
  ) {
    super(message);
  }
}

/** One of the errors in the service model of SQS. */
export function sqsError(name: string, message: string, queryCode = `AWS.SimpleQueueService.${name}`): AwsError {
  return new AwsError(`com.amazonaws.sqs#${name}`, message, queryCode);
}

export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterValue', message);

export function missingParameter(name: string): AwsError {
  return new AwsError('MissingParameter', `The request must contain the parameter ${name}.`);
}

export function queueDoesNotExist(): AwsError {
  const queryCode = 'AWS.SimpleQueueService.NonExistentQueue';
  return sqsError('QueueDoesNotExist', 'The specified queue does not exist.', queryCode);
}

/** Throws unless the value is left out or a whole number in the range. */
export function assertRange(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  const reason = `Must be between ${min} and ${max}, if provided.`;
  throw invalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
}
