// Wants a client library that is not installed.
try {
  require('kafkajs-that-is-not-there');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
