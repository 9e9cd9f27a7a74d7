import assert from 'node:assert/strict';
import type { AppResult } from '@queuetrace/test-utils';
import { ourLines, runPlain } from '../preloaded';
import { runWithFile } from './configuration-file';

const FORMAT = 'file_format: "1.0"';
const PROPAGATOR = 'propagator: { composite_list: tracecontext }';
const OPTIONS = `${FORMAT}\n${PROPAGATOR}\ninstrumentation/development:\n  js:\n    `;

/** What of a file makes it unusable, with the one line for it. */
const REFUSED: Record<string, [string, RegExp]> = {
  'an open bracket': [`${FORMAT}\nresource: [\n`, /not valid YAML: Flow sequence .* at line 3/],
  'a substitution in a flow map': [
    `${FORMAT}\nresource: {schema_url: \${X:-y}, a: b}\n`,
    /not valid YAML: .* at line 2/,
  ],
  'a tab': [`${FORMAT}\n\tresource: {}\n`, /not valid YAML: Tabs are not allowed/],
  'a key that comes twice': [`${FORMAT}\nresource: {}\nresource: {}\n`, /not valid YAML: Map keys must be unique/],
  'two documents': [`${FORMAT}\n---\nresource: {}\n`, /not valid YAML: .*multiple documents/],
  'an alias that leads nowhere': [`${FORMAT}\nresource: *shop\n`, /Unresolved alias .*: shop/],
  'no content': ['', /is empty; it must at least say file_format: "1.0"/],
  'no format': ['resource: {}\n', /file_format is missing; allowed: "1.0" or "1.1"/],
  'a format without quotation marks': [
    'file_format: 1.0\n',
    /file_format is 1; allowed: "1.0" or "1.1", with the quot/,
  ],
  'another format': ['file_format: "2.0"\n', /file_format is "2.0"; allowed: "1.0" or "1.1"/],
  'an unknown key': [
    `${FORMAT}\nresource: { atributes: [] }\n`,
    /resource\.atributes: there is no .*did you mean attributes\?/,
  ],
  'a missing key': [`${FORMAT}\ntracer_provider: {}\n`, /tracer_provider\.processors is missing/],
  'a wrong type': [
    `${FORMAT}\ntracer_provider: { processors: [{ batch: { schedule_delay: 5s, exporter: { console: } } }] }\n`,
    /processors\[0\]\.batch\.schedule_delay is "5s"; allowed: integer or null/,
  ],
  'an unknown value': [
    `${FORMAT}\nlog_level: inform\n`,
    /log_level is "inform"; allowed: trace, .*did you mean info\?/,
  ],
  'a number out of range': [
    `${FORMAT}\ntracer_provider:\n  processors: [{ simple: { exporter: { console: } } }]\n  limits: { link_count_limit: -1 }\n`,
    /limits\.link_count_limit is -1; allowed: 0 or more/,
  ],
  'a client that is no object': [`${OPTIONS}kafkajs: true\n`, /js\.kafkajs is true; allowed: object/],
};

/** What is passed over. */
const IGNORED: Record<string, [string, RegExp]> = {
  'an unknown section': [
    `${FORMAT}\n${PROPAGATOR}\ntracer_provders: {}\n`,
    /tracer_provders.* did you mean tracer_provider\?/,
  ],
  'an unknown exporter': [
    `${FORMAT}\n${PROPAGATOR}\ntracer_provider: { processors: [{ simple: { exporter: { otlp_htp: } } }] }\n`,
    /exporter otlp_htp .*allowed: otlp_http, console.*Did you mean otlp_http\?/,
  ],
  'an endpoint that is no URL': [
    `${FORMAT}\n${PROPAGATOR}\ntracer_provider:\n  processors: [{ simple: { exporter: { otlp_http: { endpoint: "x:1" } } } }]\n`,
    /the endpoint "x:1" is none; allowed: a URL such as/,
  ],
  'an unknown propagator': [
    `${FORMAT}\npropagator: { composite_list: jaegr }\n`,
    /"jaegr" is not known; allowed: tracecontext/,
  ],
  'no propagator': [`${FORMAT}\n`, /without a propagator no trace goes on/],
  'an unknown detector': [
    `${FORMAT}\n${PROPAGATOR}\nresource: { detection/development: { detectors: [{ container: }] } }\n`,
    /"container" is not bundled; allowed: host/,
  ],
  'a propagator by a name that every object has': [
    `${FORMAT}\npropagator: { composite_list: constructor }\n`,
    /"constructor" is not known; allowed: tracecontext/,
  ],
  'a detector by a name that every object has': [
    `${FORMAT}\n${PROPAGATOR}\nresource: { detection/development: { detectors: [{ constructor: }] } }\n`,
    /"constructor" is not bundled; allowed: host/,
  ],
  'an unknown option': [`${OPTIONS}kafkajs: { max_linkz: 3 }\n`, /js\.kafkajs\.max_linkz: .*did you mean max_links\?/],
  "an option's name in code": [`${OPTIONS}sqs: { maxLinks: 3 }\n`, /js\.sqs\.maxLinks: .*did you mean max_links\?/],
  'a value that is not allowed': [
    `${OPTIONS}messaging: { consumer_parent: both }\n`,
    /js\.messaging\.consumer_parent is "both"; allowed: one of message, ambient/,
  ],
  'a value that is misspelt': [`${OPTIONS}sqs: { sqs_carrier: bth }\n`, /sqs_carrier is "bth"; .*Did you mean both\?/],
  'an unknown sampler': [
    `${FORMAT}\n${PROPAGATOR}\ntracer_provider: { processors: [{ simple: { exporter: { console: } } }], sampler: { always_onn: } }\n`,
    /sampler: always_onn is not known; allowed: .*Did you mean always_on\?/,
  ],
  'an option of another client': [
    `${OPTIONS}amqplib: { message_key: false }\n`,
    /message_key has no effect: .* of kafkajs and sqs\./,
  ],
  'an unknown client': [`${OPTIONS}kafka: { enabled: false }\n`, /js\.kafka is read by nobody; did you mean kafkajs\?/],
  'an unknown setting of ours': [`${OPTIONS}register: { shutdown_time: 3 }\n`, /did you mean shutdown_timeout\?/],
  'a deadline that is none': [
    `${OPTIONS}register: { shutdown_timeout: 3s }\n`,
    /shutdown_timeout is "3s"; allowed: milli/,
  ],
};

describe('a mistake in the configuration file', () => {
  let plain: AppResult;

  before(async () => {
    plain = await runPlain('hello.cjs');
  });

  const oneLine = async (yaml: string, line: RegExp) => {
    const result = await runWithFile('hello.cjs', yaml);
    assert.deepEqual([result.code, result.stdout], [plain.code, plain.stdout]);
    assert.match(result.stderr, line);
    assert.equal(result.stderr.trim().split('\n').length, 1, result.stderr);
    return result.stderr;
  };

  for (const [what, [yaml, line]] of Object.entries(REFUSED)) {
    it(`is told in one line, and the app runs untraced: ${what}`, async () => {
      assert.match(await oneLine(yaml, line), /shop\.yaml: .*The app runs untraced\.\n$/);
    });
  }

  for (const [what, [yaml, line]] of Object.entries(IGNORED)) {
    it(`is told in one line, and passed over: ${what}`, async () => {
      assert.doesNotMatch(await oneLine(yaml, line), /untraced/);
    });
  }

  it('is told in a line of its own for each', async () => {
    const yaml = `${FORMAT}\nlog_level: 7\nresource: { atributes: [] }\ntracer_provider: { processor: [] }\n`;
    assert.equal(ourLines(await runWithFile('hello.cjs', yaml)).length, 4);
  });

  it('is none where another instrumentation is configured beside us', async () => {
    const yaml = `${OPTIONS}http: { enabled: false }\n    "@acme/instrumentation-billing": {}\n`;
    assert.equal((await runWithFile('hello.cjs', yaml)).stderr, '');
  });
});
