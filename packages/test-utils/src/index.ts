export { runApp, startApp, type App, type AppOptions, type AppResult } from './app';
export { uniqueName, withBroker, type Broker, type OwnBroker, type System } from './brokers';
export { linkTypes, ownAttributePrefixes, ownAttributes, ownMetrics, type Vocabulary } from './convention-table';
export { conventionErrors } from './conventions';
export { FaultProxy } from './fault-proxy';
export { hostileValues, type HostileValue } from './hostile';
export type { RecordedLog } from './log-recorder';
export { withMortalBrokers, type MortalBroker } from './mortal-brokers';
export { metricErrors, type ConventionalPoint } from './metric-conventions';
export type { MetricPoint, MetricType } from './metric-recorder';
export {
  startOtlpReceiver,
  type Failure,
  type OtlpAttributes,
  type OtlpHistogram,
  type OtlpLink,
  type OtlpLog,
  type OtlpPoint,
  type OtlpReceiver,
  type OtlpSpan,
  type RequestCounts,
} from './otlp-receiver';
export { EVERYTHING, shopApp, told, withShopAddresses } from './shop';
export { telemetry, type Telemetry, type TracingOptions } from './telemetry';
export { becomesTrue } from './polling';
export { walkExported, walkRecorded, type StoryLink, type StoryWalk } from './story-walk';
export { telemetryErrors } from './telemetry-check';
