// Prints what the methods are that instrumentations wrap.
const { Kafka } = require('kafkajs');
const amqplib = require('amqplib');

console.log(String(Kafka.prototype.producer), String(Kafka.prototype.consumer));
if (process.argv[2] === 'all') console.log(Object.keys(amqplib).map(name => String(amqplib[name])));
