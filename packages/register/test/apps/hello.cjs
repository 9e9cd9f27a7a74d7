// Has nothing to do with messages.
console.log('hello', process.argv.length);
process.exitCode = 5;
