// One order through each broker, with the libraries that the app has loaded in its own way.

/** `kafkajs`, `amqplib` and `sqs` are the libraries; `clients` are made of them already, where that is the point. */
exports.order = async function order(
  { kafkajs, amqplib, sqs },
  [kafkaAddress, rabbitmqUrl, sqsUrl, name],
  clients = {},
) {
  if (kafkajs) await throughKafka(clients.kafka ?? exports.kafkaOf(kafkajs, kafkaAddress), name);
  if (amqplib) await throughRabbitMq(amqplib, rabbitmqUrl, name);
  if (sqs) await throughSqs(sqs, clients.sqs ?? exports.sqsOf(sqs, sqsUrl), name);
  console.log('ordered');
};

/** The topic is made by its first message: a real broker is not its leader at once. */
exports.kafkaOf = ({ Kafka, logLevel }, address) =>
  new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 6 } });

exports.sqsOf = ({ SQSClient }, endpoint) =>
  new SQSClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });

async function throughKafka(kafka, topic) {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'an order' }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: `${topic}-group` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    consumer.run({ eachMessage: async () => resolve() }).catch(reject);
  });
  await consumer.disconnect();
}

async function throughRabbitMq({ connect }, url, queue) {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { autoDelete: true });
  channel.sendToQueue(queue, Buffer.from('an order'));
  await channel.waitForConfirms();
  await new Promise((resolve, reject) => {
    const settle = message => {
      channel.ack(message);
      resolve();
    };
    channel.consume(queue, settle).catch(reject);
  });
  await connection.close();
}

async function throughSqs({ CreateQueueCommand, SendMessageCommand, ReceiveMessageCommand }, client, name) {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }));
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'an order' }));
  const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  for (const message of Messages) await Promise.resolve(message);
  client.destroy();
}
