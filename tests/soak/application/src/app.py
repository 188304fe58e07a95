"""Functions that succeed, fail, time out and crash."""

import json
import os
import time


def echo(event, _context):
    body = event["body"] if "requestContext" in event else event
    return {"statusCode": 200, "headers": {"X-Version": os.environ["VERSION"]}, "body": body}


def fail(_event, _context):
    raise ValueError("as it should")


def slow(_event, _context):
    time.sleep(60)


def crash(_event, _context):
    os._exit(3)


def note(event, _context):
    _write(event.get("note", "by a schedule"))


def note_failure(record, _context):
    _write(record["requestPayload"]["note"])


def once(event, _context):
    _write(event["note"])
    if event["crash"]:
        os._exit(3)
    return event["note"]


def _write(note):
    file = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{json.dumps(note)}\n".encode())
    os.close(file)
