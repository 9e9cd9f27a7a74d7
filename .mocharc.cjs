module.exports = {
  spec: ['packages/*/build/test/**/*.test.js', 'scripts/*.test.cjs'],
  require: ['./packages/test-utils/build/src/root-hooks.js'],
  // Bundlers and brokers in Java take their time on a busy machine.
  timeout: 180_000,
  // A failed test may leave a client connected; that an app ends by itself is tested in child processes.
  exit: true,
};
