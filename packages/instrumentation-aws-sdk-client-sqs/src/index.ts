export { SqsInstrumentation } from './instrumentation';
export type { MessagingConfig as SqsInstrumentationConfig } from '@queuetrace/messaging';
