// The shop in a process that inherits only the environment.
const { spawn } = require('node:child_process');
const path = require('node:path');

spawn(process.execPath, [path.join(__dirname, 'shop.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' });
