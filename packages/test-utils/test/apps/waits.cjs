// Runs until it is told to end.
process.on('SIGTERM', () => {
  console.log('asked to end');
  clearInterval(timer);
});
const timer = setInterval(() => {}, 1000);
console.log('ready');
