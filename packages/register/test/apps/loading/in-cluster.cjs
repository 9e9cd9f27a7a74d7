// The shop in a worker process of a cluster.
const cluster = require('node:cluster');

if (cluster.isPrimary) cluster.fork();
else {
  require('./shop.cjs');
  // Else the channel to the primary keeps it alive.
  cluster.worker.disconnect();
}
