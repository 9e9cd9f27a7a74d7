// Commands on standard input, one JSON line each; a line with the answer on standard output:
//   {"id": 1, "client": "kafkajs", "do": "produce", "to": "orders", "messages": ["a"], "context": {…}}
//   {"id": 2, "client": "kafkajs", "do": "consume", "from": "orders", "deliveries": 1}
//   {…, "sendOn": {"client": "amqplib", "to": "shipping"}}
'use strict';
const readline = require('node:readline');

const clients = {
  kafkajs: require('./kafkajs.cjs'),
  amqplib: require('./amqplib.cjs'),
  sqs: require('./sqs.cjs'),
};

async function answer(line) {
  const command = JSON.parse(line);
  const { client, do: verb, sendOn: next } = command;
  const sendOn = next && (message => clients[next.client].send(next.to, [message]));
  const outcome = await clients[client][verb](command, sendOn).catch(error => ({ error: String(error.stack) }));
  console.log(JSON.stringify({ id: command.id, ...outcome }));
}

async function main() {
  const running = [];
  for await (const line of readline.createInterface({ input: process.stdin })) running.push(answer(line));
  await Promise.all(running);
  for (const client of Object.values(clients)) await client.close();
}

void main();
