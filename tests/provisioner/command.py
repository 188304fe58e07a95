"""The command as tests run it, in this process, and what it printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from esb_provisioner.cli import run


@dataclass(frozen=True)
class Finished:
    """A run of the command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def results(self) -> dict[str, str]:
        return {each["name"]: each["result"] for each in self.document["results"]}


def provision(path: Path, *options: str, environ: Mapping[str, str]) -> Finished:
    out, err = StringIO(), StringIO()
    code = run([str(path), *options], environ, out, err)
    return Finished(code, out.getvalue(), err.getvalue())


KEYS = {"AWS_ACCESS_KEY_ID": "test-key", "AWS_SECRET_ACCESS_KEY": "not-to-be-seen"}


@cache
def client(service: str, url: str) -> Any:
    """A client of the test's own, which shares nothing with the provisioner's."""
    keys = {name.lower(): value for name, value in KEYS.items()}
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, connect_timeout=5)
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", config=config, **keys)


@dataclass(frozen=True)
class Stack:
    """A server for all services, and the environment that leads there."""

    url: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "DYNAMODB_ENDPOINT": self.url,
            "S3_ENDPOINT": self.url,
            "EVENTS_ENDPOINT": self.url,
            "SNS_ENDPOINT": self.url,
            "SQS_ENDPOINT": self.url,
            **KEYS,
        }

    def client(self, service: str) -> Any:
        return client(service, self.url)

    def write(self, document: Mapping[str, Any]) -> Path:
        path = self.folder / "resources.yml"
        path.write_text(json.dumps(document))  # JSON is YAML
        return path

    def provision(self, document: Mapping[str, Any], *options: str, **environ: str) -> Finished:
        return provision(self.write(document), *options, environ=self.environ | environ)
