"""The process of the embedded stores with `--data`, and everything that its clients can see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from esb_gateway.local.stores.process_names import JOURNAL_FILE, LISTENING

_PROGRAM: Final = """
import sys
from esb_gateway.local.stores import server
from esb_gateway.local.stores.journal import live_lines
live_lines._MIN_LINES = int(sys.argv[1])
sys.exit(server.main(sys.argv[2:]))
"""
# Set by the database and storage, and those of the last start.
_TIMES: Final = ("CreationDateTime", "Initiated", "LastModified", "LastUpdateToPayPerRequestDateTime")
_IDS: Final = ("LatestStreamArn", "LatestStreamLabel", "UploadId")  # new ones, of streams and uploads in progress
_BUCKET_SETTINGS: Final = (
    "get_bucket_acl",
    "get_bucket_cors",
    "get_bucket_encryption",
    "get_bucket_lifecycle_configuration",
    "get_bucket_location",
    "get_bucket_notification_configuration",
    "get_bucket_policy",
    "get_bucket_tagging",
    "get_bucket_versioning",
    "get_bucket_website",
    "get_public_access_block",
    "list_multipart_uploads",
    "list_object_versions",
)


class EmbeddedStores:
    """Started, and answering."""

    def __init__(self, data: Path, min_lines: int) -> None:
        """`min_lines` is how many lines that do not matter make a shorter file due."""
        self._file = data / JOURNAL_FILE
        secrets = data.with_name("secrets.env")
        secrets.write_text("AWS_ACCESS_KEY_ID=AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY=secret\n")
        secrets.chmod(0o600)
        command = [sys.executable, "-P", "-c", _PROGRAM, str(min_lines), str(os.getpid()), str(secrets), str(data)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(LISTENING), line
        self._url = f"http://127.0.0.1:{line.removeprefix(LISTENING).strip()}"
        self.table, self.storage = self._client("dynamodb"), self._client("s3")
        self.table.list_tables()

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60, s3={"addressing_style": "path"}),
        )

    def kill(self) -> str:
        """End it; returns what it wrote."""
        self.process.send_signal(signal.SIGKILL)
        return self.end()

    def end(self) -> str:
        assert self.process.stdout is not None
        written = self.process.stdout.read()
        self.process.wait()
        self.process.stdout.close()
        self.table.close()
        self.storage.close()
        return written

    def lines(self) -> int:
        """The number of lines of the file."""
        return self._file.read_bytes().count(b"\n")

    def state(self) -> dict[str, Any]:
        """All tables, items, buckets and objects, with their settings, but without times."""
        names = self.table.list_tables()["TableNames"]
        buckets = [bucket["Name"] for bucket in self.storage.list_buckets()["Buckets"]]
        found = {name: self._table_state(name) for name in names} | {name: self._bucket(name) for name in buckets}
        without: dict[str, Any] = _without_times(found)
        return without

    def _table_state(self, name: str) -> dict[str, Any]:
        table = self.table.describe_table(TableName=name)["Table"]
        return {
            "table": table,
            "ttl": self.table.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            "backups": self.table.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"],
            "tags": self.table.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"],
            "items": sorted(self.table.scan(TableName=name)["Items"], key=str),
        }

    def _bucket(self, name: str) -> dict[str, Any]:
        state = {setting: _answer(getattr(self.storage, setting), Bucket=name) for setting in _BUCKET_SETTINGS}
        for version in state["list_object_versions"].get("Versions", ()):
            where = {"Bucket": name, "Key": version["Key"], "VersionId": version["VersionId"]}
            found = self.storage.get_object(**where)
            found["Body"] = found["Body"].read()
            del found["ResponseMetadata"]
            state[f"{version['Key']} {version['VersionId']}"] = (
                found,
                _answer(self.storage.get_object_tagging, **where),
            )
        uploads = state["list_multipart_uploads"].get("Uploads", ())
        ids = [{"Key": each["Key"], "UploadId": each["UploadId"]} for each in uploads]
        state["list_multipart_uploads"] = sorted(
            (_answer(self.storage.list_parts, Bucket=name, **each) for each in ids), key=str
        )
        return state


def _answer(operation: Any, **parameters: str) -> Any:
    try:
        answer = operation(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    del answer["ResponseMetadata"]
    return answer


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = (*_TIMES, *_IDS)
        return {name: _without_times(each) for name, each in value.items() if name not in left_out}
    return [_without_times(each) for each in value] if isinstance(value, list | tuple) else value
