"""`esb-gateway local` as a child process, and requests to it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import botocore.config
import botocore.session

from tests.watching import until

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
PROGRAM = (sys.executable, "-m", "esb_gateway", "local")
DOCUMENTS = {
    "functions.yml": (
        "functions:\n"
        "  probe: {handler: app.handler, runtime: python3.11, timeout: 20, environment: {OWN: mine}}\n"
        "  echo: {handler: app.handler, runtime: python3.11}\n"
    ),
    "routing.yml": "routes: [{path: /echo, method: POST, function: echo}]\n",
    "resources.yml": (
        "DynamoDB:\n"
        "  - TableName: things\n"
        "    KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "    BillingMode: PAY_PER_REQUEST\n"
        "S3: [{BucketName: files}]\n"
    ),
}


def write_folder(root: Path, documents: Mapping[str, str], *functions: str) -> None:
    """A folder as `esb build` would write it: documents by name, credentials, and the functions of `functions/`."""
    (root / "config").mkdir(parents=True)
    for name, text in {"routing.yml": "routes: []\n", **documents}.items():
        (root / "config" / name).write_text(text)
    file = root / "secrets.env"
    file.touch(0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in KEYS.items()))
    for function in functions:
        shutil.copytree(Path(__file__).parent / "functions" / function, root / "functions" / function)


class LocalGateway:
    """A running `esb-gateway local`."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        self.process = subprocess.Popen(
            [*PROGRAM, str(root), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "AWS_PROFILE": "of-the-user", "SECRET_OF_THE_USER": "no"},
        )
        self.lines: list[str] = []
        self.notes: list[str] = []
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self.lines.extend, args=(self.process.stdout,)),
            threading.Thread(target=self.notes.extend, args=(self.process.stderr,)),
        ]
        for reader in self._readers:
            reader.start()

    def ready(self) -> LocalGateway:
        """Wait for the three lines."""
        until(lambda: "s3" in self.addresses or self.process.poll() is not None)
        assert "s3" in self.addresses, self.notes
        return self

    @property
    def addresses(self) -> dict[str, str]:
        """The lines of readiness: name and URL."""
        return dict(line.strip().split(": ", 1) for line in list(self.lines) if not line.startswith("{"))

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[int, Any]:
        """A request to a route: the status, and the JSON of the answer."""
        connection = http.client.HTTPConnection(self.addresses["ready"].removeprefix("http://"), timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), dict(headers))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def client(self, service: str, access_key: str | None = None, region: str = "us-east-1") -> Any:
        """A client with the stack's credentials, or with another access key."""
        secrets = dict(line.split("=", 1) for line in (self.root / "secrets.env").read_text().split())
        session = botocore.session.Session()
        session.set_config_variable("profile", None)
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=self.addresses[{"lambda": "ready", "sqs": "cloud", "sns": "cloud"}.get(service, service)],
            aws_access_key_id=access_key or secrets["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=secrets["AWS_SECRET_ACCESS_KEY"],
            config=botocore.config.Config(proxies={}, retries={"total_max_attempts": 1}),
        )

    def invoke(self, function: str, event: Any = None) -> Any:
        """Invoke a function; gives the JSON of its answer."""
        client = self.client("lambda")
        try:
            return json.loads(client.invoke(FunctionName=function, Payload=json.dumps(event))["Payload"].read())
        finally:
            client.close()

    def processes(self) -> list[int]:
        """The gateway's children."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="utf-8")
        return [int(child) for child in listed.split()]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; gives the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end and for the rest of what it wrote; gives the exit code."""
        try:
            code = self.process.wait(seconds)
        finally:
            self.process.kill()  # if it did not end: no process and no pipe is left
            for reader in self._readers:
                reader.join(60)
                assert not reader.is_alive(), "another process still has the gateway's output open"
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                stream.close()
        return code
