module.exports = {
  spec: ['packages/*/build/test/**/*.test.js', 'scripts/*.test.cjs'],
  require: ['./packages/test-utils/build/src/root-hooks.js'],
  timeout: 60_000,
  // A failed test may leave a client connected; that an app ends by itself is tested in child processes.
  exit: true,
};
