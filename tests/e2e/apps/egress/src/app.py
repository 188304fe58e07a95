"""Says what this function reaches."""

import os
import socket
import time

import boto3


def handler(event, context):
    return {
        "connected": {f"{host}:{port}": reach(host, port) for host, port in event["targets"]},
        "resolved": resolve(event["name"]),
        "table": table(),
        "function": boto3.client("lambda").get_function(FunctionName="open")["Configuration"]["FunctionName"],
    }


def reach(host, port):
    begun = time.monotonic()
    try:
        socket.create_connection((host, port), timeout=4).close()
    except OSError as error:
        return {"error": error.strerror or type(error).__name__, "seconds": time.monotonic() - begun}
    return {"error": None, "seconds": time.monotonic() - begun}


def resolve(name):
    try:
        return socket.getaddrinfo(name, 80)[0][4][0]
    except OSError:
        return None


def table():
    things = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    things.put_item(Item={"id": "1"})
    return things.get_item(Key={"id": "1"})["Item"]["id"]
