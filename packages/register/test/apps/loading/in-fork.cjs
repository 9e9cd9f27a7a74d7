// The shop in a child process.
const { fork } = require('node:child_process');
const path = require('node:path');

fork(path.join(__dirname, 'shop.mjs'), process.argv.slice(2));
