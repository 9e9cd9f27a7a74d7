module.exports = {
  spec: ['packages/*/build/test/**/*.test.js', 'scripts/*.test.cjs'],
  require: ['./packages/test-utils/build/src/root-hooks.js'],
  timeout: 60_000,
};
