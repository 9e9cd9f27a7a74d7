// The library is there before us.
const sqs = require('@aws-sdk/client-sqs');
require('./preload.cjs');
require('./order.cjs')(sqs);
