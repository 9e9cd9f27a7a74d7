// Prints what it was given, and ends with the code of its argument.
console.log(JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv, env: process.env }));
console.error('to stderr');
process.exitCode = Number(process.argv[2] ?? 0);
