// Preloaded beside us: OpenTelemetry's own instrumentations of the same libraries.
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { AmqplibInstrumentation } = require('@opentelemetry/instrumentation-amqplib');
const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk');
const { KafkaJsInstrumentation } = require('@opentelemetry/instrumentation-kafkajs');

registerInstrumentations({
  instrumentations: [new KafkaJsInstrumentation(), new AmqplibInstrumentation(), new AwsInstrumentation()],
});
