"""Functions that succeed, fail, time out and crash, and those of queues, a topic, a bus, a bucket and a stream."""

import json
import os
import time
import zlib
from functools import cache


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


def take(event, _context):
    """Notes the messages of a batch, and tells the bus; some are reported as failed when they come first."""
    failed = [record for record in event["Records"] if _fails(record)]
    done = [record["body"] for record in event["Records"] if record not in failed]
    for note in done:
        _write(note)
    if done:
        entries = [{"Source": "soak", "DetailType": "taken", "Detail": json.dumps({"note": note})} for note in done]
        answer = _client("events").put_events(Entries=entries)
        assert answer["FailedEntryCount"] == 0, answer
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def take_in_order(event, _context):
    """Notes the messages of groups; after one that fails, the rest of its group fails."""
    failed, stopped = [], set()
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        if group in stopped or _fails(record):
            stopped.add(group)
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            _write(record["body"])
    return {"batchItemFailures": failed}


def chained(event, _context):
    _write(f"chained {event['detail']['note']}")


def told(event, _context):
    for record in event["Records"]:
        _write(record["Sns"]["Message"])


def imported(event, _context):
    """Notes uploads, and puts an item for each into a table."""
    for record in event["Records"]:
        key = record["s3"]["object"]["key"]
        _write(f"uploaded {key}")
        item = {"id": {"S": key}, "sequencer": {"S": record["s3"]["object"]["sequencer"]}}
        _client("dynamodb").put_item(TableName="files", Item=item)


def changed(event, _context):
    for record in event["Records"]:
        _write(f"changed {record['dynamodb']['Keys']['id']['S']}")


def _fails(record):
    first = record["attributes"]["ApproximateReceiveCount"] == "1"
    return first and zlib.crc32(record["body"].encode()) % 200 == 0


@cache
def _client(service):
    import boto3  # noqa: PLC0415  (only a function that needs it pays for it)

    return boto3.client(service)


def _write(note):
    file = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{json.dumps(note)}\n".encode())
    os.close(file)
