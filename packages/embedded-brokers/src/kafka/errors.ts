/** The error codes of the Kafka protocol that this broker gives. */
export const ErrorCode = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  MESSAGE_TOO_LARGE: 10,
  INVALID_TOPIC: 17,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 43,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

export class KafkaError extends Error {
  constructor(readonly code: ErrorCode) {
    super(`Kafka error ${code}`);
  }
}

/** Runs `action` and gives the code of the Kafka error it threw, or NONE. */
export function errorCodeOf(action: () => void): ErrorCode {
  try {
    action();
    return ErrorCode.NONE;
  } catch (error) {
    if (error instanceof KafkaError) return error.code;
    throw error;
  }
}
