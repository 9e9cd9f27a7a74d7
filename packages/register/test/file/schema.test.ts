import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { OPTIONS, yamlName, type Option } from '@queuetrace/messaging';
import { Ajv2020 } from 'ajv/dist/2020';
import { parse } from 'yaml';
import { fileFor } from './configuration-file';
import { SAMPLES } from './samples';

describe('the JSON schema of a configuration file', () => {
  const schema = JSON.parse(
    readFileSync(require.resolve('@queuetrace/register/configuration.schema.json'), 'utf8'),
  ) as object;
  const validate = new Ajv2020({ strict: false }).compile(schema);
  const isValid = (kafkajs: object) =>
    validate({ file_format: '1.0', 'instrumentation/development': { js: { kafkajs } } });

  it('allows a file that starts the SDK, with our sampler and our sections in it', () => {
    const more = `
instrumentation/development:
  js:
    messaging: { semconv: ["1.45"], max_links: "\${MAX_LINKS}" }
    "@queuetrace/instrumentation-amqplib": { enabled: false }
    register: { shutdown_timeout: 100 }
    http: { anything: true }`;
    const sampler = '  sampler: { messaging: { destinations: { a: 0.5 }, root: { always_on: } } }\n';
    const file = fileFor('http://x', more).replace('tracer_provider:\n', `tracer_provider:\n${sampler}`);
    assert.ok(validate(parse(file)), JSON.stringify(validate.errors));
  });

  it('has no option that does not exist', () => {
    assert.ok(!isValid({ max_linkz: 3 }));
    assert.ok(!isValid({ maxLinks: 3 }));
  });

  for (const [key, option] of Object.entries<Option<unknown>>(OPTIONS)) {
    it(`allows what the option itself allows: ${key}`, () => {
      const values = [
        SAMPLES[key],
        option.default,
        true,
        0,
        1.5,
        -1,
        'x',
        ['x'],
        [''],
        [],
        [1],
        { '*': 'x' },
        { '*': 'link' },
      ];
      for (const value of values)
        assert.equal(isValid({ [yamlName(key)]: value }), option.accepts(value), JSON.stringify(value));
    });
  }
});
