import tseslint from 'typescript-eslint';

const conventions = {
  selector: 'Literal[value=/^messaging\\./]',
  message: 'A convention is spelled in one place: packages/messaging/src/semconv.ts.',
};

export default tseslint.config(
  { ignores: ['**/build/**', '**/dist/**', '**/node_modules/**'] },
  { files: ['**/*.ts'], extends: [tseslint.configs.recommended] },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 40, skipComments: true }],
    },
  },
  // The protocol tables of the embedded brokers are long by nature.
  { files: ['packages/embedded-brokers/src/**/*.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['packages/instrumentation-*/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@opentelemetry/*'], message: 'Clients describe, the core tells.' }] },
      ],
      'no-restricted-syntax': ['error', conventions],
    },
  },
);
