"""The AWS CLI is botocore behind a command line, and too large to install for a few lines of documents: a small one."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import boto3


def main(service: str, operation: str, *options: str) -> Any:
    """`service operation --some-member value …`, with `--endpoint-url` for the address."""
    given = dict(zip(options[::2], options[1::2], strict=True))
    client: Any = boto3.client(service.removesuffix("api"), endpoint_url=given.pop("--endpoint-url", None))
    members: dict[str, Any] = {_pascal(name.removeprefix("--")): value for name, value in given.items()}
    if "Body" in members:
        members["Body"] = Path(members["Body"]).read_bytes()
    answer = getattr(client, operation.replace("-", "_"))(**members)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _pascal(words: str) -> str:
    return re.sub(r"(?:^|-)(\w)", lambda found: found[1].upper(), words)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:]), default=str) + "\n")
