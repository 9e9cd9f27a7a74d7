import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { FOLDER } from './peers';
import { oddCarriersTable } from './odd-carriers';
import { report } from './report';

const FILE = path.join(FOLDER, '../docs/interop.md');

/** What a run has shown, for the docs. It is the same after each run that has shown the same. */
export async function writeDocument({ tree, without }: { tree: string; without: string }): Promise<void> {
  const text = `# Interop: Java, Go and Python on the other end

<!-- Written by \`npm run interop\`. -->

A trace has to cross between services of several languages. \`npm run interop\` sends messages between Node.js with queuetrace and the clients that those services use, each with the instrumentation that its users run, on real brokers; all of them export their spans to one collector.

- A cell is ✔ where every message was led back to **the very span that sent it**: the span that processed it has that span as its parent, or links to it, as exported. That a header was there counts for nothing.
- Each cell has its **control**: the same programs with queuetrace switched off (\`OTEL_INSTRUMENTATION_MESSAGING_ENABLED=false\`), which must not show that. A cell whose control shows it fails.
- **batch**: three messages, sent and received together where the client can. **retry**: the first delivery fails, and both lead back; ours links the second to the first. **dead letter**: refused twice, then handled as a dead letter on the sender's side; the span of that leads back over the other language, and ours tells \`dlq.original_queue\`.
- **baggage** has reached the handler, **tracestate** the span; **not sampled**: where the trace is not, nobody exports any of it; **B3** is the single header, **X-Ray** \`X-Amzn-Trace-Id\` or SQS' \`AWSTraceHeader\`. All else is W3C Trace Context.

${report.table()}

${report.versions()}

## Odd contexts

Sent by Sarama, Pika and Boto3 without instrumentation, and consumed by Node.js with queuetrace. Of repeated Kafka headers the last counts, as for the Java agent.

${oddCarriersTable()}

## One order through three languages

Spring sends an order through Kafka; Node.js fails on it once, tries again and sends it on through RabbitMQ; Pika ships it. \`order\` and \`handle\` are the apps' own spans. As it was exported:

\`\`\`text
${tree}
\`\`\`

The same with queuetrace switched off:

\`\`\`text
${without}
\`\`\`

## What to know about the others

- The X-Ray propagator for Node.js spells its field \`x-amzn-trace-id\`; those of Java, Go and Python look up \`X-Amzn-Trace-Id\` by exact case. queuetrace writes the latter and reads both.
- B3's several headers are spelled \`X-B3-TraceId\` by Java and \`x-b3-traceid\` by the others; what Node.js writes, Java does not find. The single header has no such trouble.
- otelsarama takes its parent from the message: inject into it before sending. It rewrites \`traceparent\` in what it hands out, so that headers sent on lead to its receive span.
- The Java agent's receive telemetry (\`OTEL_INSTRUMENTATION_MESSAGING_EXPERIMENTAL_RECEIVE_TELEMETRY_ENABLED\`) makes the send a link instead of the parent, and leaves out baggage.
- Spring's \`DeadLetterPublishingRecoverer\` is known by its \`kafka_dlt-*\` headers, and so are its retry topics (\`@RetryableTopic\`), which also say how often a message was tried: \`dlq.retry_count\`. What an app of another language dead-letters by hand is told in full where it writes the headers \`dlq.original_queue\`, \`dlq.error\` and \`dlq.timestamp\`, as the Go program here does.
- boto3sqs ends the span of a delivery when it is deleted, so that one that failed has none. botocore reads no context; what it sends has \`AWSTraceHeader\` only, which is read without any option.
`;
  writeFileSync(FILE, await format(text, { ...(await resolveConfig(FILE)), filepath: FILE }));
}
