export { KafkaJsInstrumentation } from './instrumentation';
export type { MessagingConfig as KafkaJsInstrumentationConfig } from '@queuetrace/messaging';
