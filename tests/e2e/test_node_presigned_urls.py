"""Presigned URLs and forms of AWS's SDKs for JavaScript, as a function in a container makes them for a browser."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from esb_wire.http.messages import Request
from esb_wire.s3_signature import S3Verifier
from esb_wire.sigv4 import Credentials

from .node_sdks import OLD_SDK, node_sdks

PROGRAM = Path(__file__).parent / "node_sdk/presigned.mjs"
GUARD = Path(__file__).parents[2] / "gateway/esb_gateway/execution/embedded/node_client/aws_guard.cjs"
ENVIRONMENT = {
    "AWS_ENDPOINT_URL_S3": "http://s3-storage:9000",
    "S3_PRESIGN_ENDPOINT": "http://127.0.0.1:9001",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
}


def test_they_are_signed_for_the_public_address(pytestconfig: pytest.Config) -> None:
    sdks = node_sdks(pytestconfig, ["s3"], [OLD_SDK], ["s3-request-presigner", "s3-presigned-post"])
    command = ["node", "--require", str(GUARD), str(PROGRAM)]
    variables = {**os.environ, **ENVIRONMENT, "SDKS": str(sdks)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["forms"] == ["http://127.0.0.1:9001/photos"] * 3
    assert len(made["urls"]) == 4
    verify = S3Verifier(Credentials("AKIDEXAMPLE", "example"), time.time)
    for url in made["urls"]:
        parts = urlsplit(url)
        assert (parts.netloc, parts.path) == ("127.0.0.1:9001", "/photos/a%20b/%C3%BC")
        host = {"host": parts.netloc}
        verify(Request("PUT", parts.path, parts.query, tuple(host.items()), host, b"", "127.0.0.1"))
