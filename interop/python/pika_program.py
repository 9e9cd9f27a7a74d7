"""RabbitMQ with Pika: basic_publish, basic_consume."""

import os

import pika
from program import Handler, headers_of, order, serve


def connect():
    return pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))


def produce(command):
    with connect() as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        with order(command):
            for message in command["messages"]:
                properties = pika.BasicProperties(headers=headers_of(command))
                channel.basic_publish("", command["to"], message.encode(), properties)
    return {"sent": command["messages"]}


def consume(command):
    handler = Handler(command)

    def on_message(channel, method, properties, body):
        if handler.handle(body.decode(), properties.headers):
            channel.basic_ack(method.delivery_tag)
        else:
            channel.basic_nack(method.delivery_tag, requeue=not handler.is_last_failure)
        if handler.is_done:
            channel.stop_consuming()

    with connect() as connection:
        channel = connection.channel()
        channel.basic_consume(command["from"], on_message)
        channel.start_consuming()
    return {"seen": handler.seen}


serve(produce, consume)
