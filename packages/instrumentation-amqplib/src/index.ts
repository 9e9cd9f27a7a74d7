export { AmqplibInstrumentation } from './instrumentation';
export type { MessagingConfig as AmqplibInstrumentationConfig } from '@queuetrace/messaging';
