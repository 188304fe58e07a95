"""Says what it sees around itself, and calls what it is told to call."""

import json
import os
from pathlib import Path
from typing import Any

import boto3
import idna  # from requirements.txt
from botocore.config import Config


def handler(event: dict[str, Any], _context: Any) -> Any:
    match event["look_at"]:
        case "environment":
            return {name: os.environ.get(name) for name in event["names"]}
        case "surroundings":
            return surroundings()
        case "dependency":
            return idna.encode("ü.example").decode()
        case "files":
            return files(event["key"], event["text"])
        case "bucket's own host":
            return bucket_host(event["key"])
        case "function":
            return call(event["name"], event["payload"], event["type"])
        case "print":
            print(event["text"])  # noqa: T201
            return None
        case "presigned":
            place = {"Bucket": os.environ["FILES"], "Key": event["key"]}
            return boto3.client("s3").generate_presigned_url("get_object", Params=place)
        case "another service":
            return refusal()
        case "crash":
            os._exit(3)
        case "memory":
            return len(bytearray(os.urandom(1 << 20) * event["megabytes"]))
        case other:
            raise ValueError(other)


def surroundings() -> dict[str, Any]:
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    tmp = os.statvfs("/tmp")
    return {
        "user": os.getuid(),
        "capabilities": status["CapEff"],
        "no_new_privileges": status["NoNewPrivs"],
        "tmp_bytes": tmp.f_blocks * tmp.f_frsize,
        "writable": [folder for folder in ("/", "/var/task", "/opt", "/tmp") if writable(folder)],
    }


def writable(folder: str) -> bool:
    try:
        Path(folder, "probe").write_text("x")
    except OSError:
        return False
    return True


def files(key: str, text: str) -> dict[str, Any]:
    s3, bucket = boto3.client("s3"), os.environ["FILES"]
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return {
        "text": s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(),
        "keys": [found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]],
    }


def bucket_host(key: str) -> dict[str, Any]:
    """As the SDKs of other languages address a bucket."""
    s3, bucket = boto3.client("s3", config=Config(s3={"addressing_style": "virtual"})), os.environ["FILES"]
    hosts: list[str] = []
    s3.meta.events.register("before-send.s3", lambda request, **_: hosts.append(request.url.split("/")[2]))
    s3.put_object(Bucket=bucket, Key=key, Body=b"there")
    return {"host": hosts[0], "text": s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()}


def refusal() -> str:
    try:
        boto3.client("sqs").list_queues()
    except Exception as error:
        return str(error)
    return "not refused"


def call(name: str, payload: Any, kind: str) -> dict[str, Any]:
    answer = boto3.client("lambda").invoke(FunctionName=name, InvocationType=kind, Payload=json.dumps(payload))
    content = answer["Payload"].read()
    return {"status": answer["StatusCode"], "answer": json.loads(content) if content else None}
