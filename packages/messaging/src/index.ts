export { ActiveOperation, bindContext, isThenable, runDetached } from './active-operation';
export { deadLetterAttributes, type DeadLetterAttributes } from './dead-letter-attributes';
export { processDeadLetter, type DeadLetterFacts, type DeadLetterHandlers } from './process-dead-letter';
export { bundledId, bundleWith } from './bundled-files';
export { processBatch } from './batch';
export { resolveConfig, type MessagingConfig, type ResolvedConfig, type SpanHook, type SpanHooks } from './config';
export { copyWith } from './copy-with';
export { Delivery, registerDelivery } from './delivery';
export { configurationFileOf, environment, ownerOf, readModel, SECTIONS_PATH } from './file/file-options';
export { readSection, type Section } from './file/section';
export { guarded } from './guarded';
export { isSupported, type ClientFile, type ClientModule } from './loaded-files';
export { isObject } from './is-object';
export { nameTable } from './name-table';
export { MAX_TIMER_MS } from './timer';
export { tellOutcome } from './tell-outcome';
export { traceLoop, type Loop } from './loop';
export { MessagingInstrumentation, type Client } from './messaging-instrumentation';
export { activeOperation } from './operation-context';
export { didYouMean, misspelt, nearest } from './nearest';
export {
  ENV_PREFIX,
  flag,
  matcher,
  noEffect,
  OPTIONS,
  patterns,
  splitList,
  wholeNumber,
  yamlName,
  type Option,
  type OptionKind,
  type OptionValues,
  type Pattern,
} from './options';
export { OTHER_AGENT_NAMES, settingAgainst } from './other-agents';
export type { Advice, Call, Patch, Wrap } from './patch-table';
export { processEach, type ProcessEachOptions } from './process-each';
export { processMessage } from './process-message';
export { processSqsEvent, type ProcessSqsEventOptions, type SqsBatchResponse } from './process-sqs-event';
export { RecentMap } from './recent-map';
export { report } from './report';
export { linkTo, sendToDeadLetter } from './send-intent';
export { readAttribute, VOCABULARIES, type MessagingAttributes, type Vocabulary } from './semconv';
export { state, type ConfigurationFile, type Environment } from './state';
export { MessagingTelemetry, now, type StartTime } from './telemetry';
export type { Transaction } from './transaction';
export type { Destination, MessagingSystem, Operation, OperationType, Server } from './types';
export {
  copyTopics,
  kafka,
  kafkaDestination,
  kafkaProcessing,
  type KafkaMessage,
  type KafkaTopics,
} from './systems/kafka';
export { clusterIdOf, learnCluster, type KafkaMetadata } from './systems/kafka-cluster';
export { kafkaLag, KafkaPartitions, type KafkaFetched } from './systems/kafka-partitions';
export { learnAppended, learnProduced, type ProducedTopic } from './systems/kafka-produced';
export {
  learnExclusiveQueue,
  rabbitmq,
  rabbitmqDelivered,
  rabbitmqDestination,
  rabbitmqPublishDestination,
  type RabbitMqMessage,
} from './systems/rabbitmq';
export type { RabbitMqChannel } from './systems/rabbitmq-channel';
export { RabbitMqChannels } from './systems/rabbitmq-channels';
export { learnBinding, learnDeadLetterExchange } from './systems/rabbitmq-dead-letters';
export { ACKED, rabbitmqRefusal, RECOVERED, type Settlement } from './systems/rabbitmq-settlement';
export { operationAt, type AwsPlace } from './systems/aws-place';
export { sns, snsDestination, type SnsMessage } from './systems/aws-sns';
export { sqs, sqsDestination, type SqsMessage } from './systems/aws-sqs';
export { answerAsWritten, endByAnswer, type SqsBatchAnswer } from './systems/sqs-answer';
export { sharingQuota } from './systems/sqs-attribute-room';
export { SqsReceive, type SqsReceivedMessage, type SqsReceiveRequest } from './systems/sqs-receive';
export { SqsReceivedMessages } from './systems/sqs-received';
export { SqsSettlement, type SqsSettleEntry } from './systems/sqs-settlement';
export type { SqsEvent, SqsEventRecord } from './systems/sqs-event';
export { shown, wrongValue } from './wrong-value';
