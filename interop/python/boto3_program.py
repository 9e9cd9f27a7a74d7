"""SQS with Boto3: send_message, send_message_batch, receive_message, delete_message."""

import os
import threading

import boto3
from program import Handler, headers_of, order, serve

# The instrumentation of Boto3 keeps the current message's span for the whole process: one command at a time.
_turn = threading.Lock()

sqs = boto3.client(
    "sqs",
    endpoint_url=os.environ["SQS_ENDPOINT"],
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)


def produce(command):
    with _turn, order(command):
        messages = command["messages"]
        if len(messages) == 1:
            sqs.send_message(QueueUrl=command["to"], MessageBody=messages[0], **attributes_of(command))
        else:
            entries = [{"Id": str(index), "MessageBody": message} for index, message in enumerate(messages)]
            sqs.send_message_batch(QueueUrl=command["to"], Entries=entries)
        return {"sent": messages}


def attributes_of(command):
    typed = {
        name: {"DataType": "Binary", "BinaryValue": value}
        if isinstance(value, bytes)
        else {"DataType": "String", "StringValue": value}
        for name, value in headers_of(command).items()
    }
    system = {name: typed.pop(name) for name in ["AWSTraceHeader"] if name in typed}
    return {"MessageAttributes": typed, "MessageSystemAttributes": system} if typed or system else {}


def consume(command):
    handler = Handler(command)
    with _turn:
        while not handler.is_done:
            receive(command, handler)
        # SQS moves what was received too often when it is asked for once more.
        if "deadLetter" in command:
            sqs.receive_message(QueueUrl=command["from"])
    return {"seen": handler.seen}


def receive(command, handler):
    queue = command["from"]
    count = 10 if command.get("batch") else 1
    response = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=count, WaitTimeSeconds=1, AttributeNames=["All"]
    )
    for message in response.get("Messages", []):
        headers = {**message.get("Attributes", {}), **message.get("MessageAttributes", {})}
        receipt = message["ReceiptHandle"]
        if handler.handle(message["Body"], headers):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=receipt)
        else:
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)


serve(produce, consume)
