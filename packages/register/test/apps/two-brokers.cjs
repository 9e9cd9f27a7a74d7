// Sends a message to Kafka and one to RabbitMQ.
const amqplib = require('amqplib');
const { Kafka, logLevel } = require('kafkajs');

const [kafkaAddress, rabbitmqUrl, name] = process.argv.slice(2);

async function main() {
  const producer = new Kafka({ brokers: [kafkaAddress], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: name, messages: [{ value: 'an order' }] });
  await producer.disconnect();
  const connection = await amqplib.connect(rabbitmqUrl);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(name, { autoDelete: true });
  channel.sendToQueue(name, Buffer.from('an order'));
  await channel.waitForConfirms();
  await connection.close();
}

void main();
