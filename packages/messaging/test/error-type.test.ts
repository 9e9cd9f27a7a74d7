import assert from 'node:assert/strict';
import { errorType } from '../src/error-type';

describe('the error type', () => {
  const cases: [string, unknown, string][] = [
    [
      "the broker's word before all",
      Object.assign(new Error(), { type: 'UNKNOWN_TOPIC_OR_PARTITION', code: 'X' }),
      'UNKNOWN_TOPIC_OR_PARTITION',
    ],
    ['a string code before the name', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['the name, for a code that is a number', Object.assign(new TypeError(), { code: 404 }), 'TypeError'],
    ['_OTHER for what is no object', 'thrown text', '_OTHER'],
    ['_OTHER for undefined', undefined, '_OTHER'],
    ['_OTHER for a nameless object', Object.create(null), '_OTHER'],
  ];
  for (const [rule, error, expected] of cases) it(`is ${rule}`, () => assert.equal(errorType(error), expected));
});
