/** One thing that is measured against a broker. */
export interface MacroCase {
  readonly name: string;
  readonly messages: number;
  /** The time that it takes is told too, besides CPU time: the broker works as long as we do. */
  readonly isTimed?: boolean;
  /** What is not measured: the messages that are to be consumed. */
  prepare?(): Promise<unknown>;
  run(): Promise<unknown>;
}

export interface Addresses {
  kafka: string;
  rabbitmq: string;
  sqs: string;
}
