"""The stack's own storage as a child process of the gateway: SeaweedFS.

As in the stack (`esb_schemas.engines.storages`), but for the disk: nothing is synced to it at each object. Its S3 port
checks signatures. Of its other ports, which everybody on this machine finds, those of HTTP are closed or need a token,
and those of gRPC need the certificate of the folder. Credentials, keys and tokens are in its environment.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import secrets
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engines.programs import (
    INHERITED,
    LOOPBACK,
    EngineServer,
    find_program,
    free_ports,
    start_program,
)
from esb_gateway.local.folder.credentials import ENV_FILE
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.running_server import RunningServer
from esb_gateway.local.programs.temporary_folder import temporary_folder
from esb_gateway.local.rooted_paths import below, read_private
from esb_gateway.storage_events.filer_feed import FilerFeed
from esb_gateway.storage_events.grpc_stream import client_context
from esb_schemas.engines.engine import S3_IDENTITIES
from esb_schemas.settings_files.env_file import load
from esb_wire.http.client import Client, ClientLimits, UnreachableError
from esb_wire.sigv4 import Credentials

FOLDER: Final = "seaweedfs"  # below the folder of data
CERTIFICATE: Final = "ESB_ENGINE_CERTIFICATE"
LIFECYCLE_INTERVAL: Final = 86400.0  # seconds
_KEY: Final = "sse.key"
_ADVICE: Final = "install 'edge-serverless-box[seaweedfs]', which brings it"
_SERVERS: Final = ("MASTER", "VOLUME", "FILER", "S3", "CLIENT")
_TOKENS: Final = ("JWT_SIGNING", "JWT_SIGNING_READ", "JWT_FILER_SIGNING", "JWT_FILER_SIGNING_READ")
_HAS_VOLUMES: Final = "added volume server"
_MASTER: Final = re.compile(r"m\d+")
_SOCKETS: Final = "/tmp"  # noqa: S108 - where it has a socket for each port


class Ports(NamedTuple):
    """Its ports; those of gRPC beside those of HTTP."""

    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int
    s3: int
    s3_grpc: int


@dataclass(frozen=True, slots=True)
class Storage:
    """A running SeaweedFS; `server.address` is the URL of S3. `filer` has its log of changes, `tls` the way to it."""

    server: RunningServer
    filer: tuple[str, int]
    tls: ssl.SSLContext

    def feed(self) -> FilerFeed:
        """A new feed of its changed objects."""
        return FilerFeed(self.filer, self.tls)


@asynccontextmanager
async def running_seaweedfs(
    programs: Programs, root: Path, data: Path | None, credentials: Credentials, report: Callable[[str], object]
) -> AsyncIterator[Storage]:
    """Run it while the block runs. Without `data`, its files are temporary ones. Raises ConfigurationError.

    `root` is the folder with the certificate. What lifecycle rules say is done at the start, and then once a day.
    """
    weed = find_program("weed", programs.environment, _ADVICE)
    ports = Ports(*free_ports(len(Ports._fields)))
    with temporary_folder("esb-local-seaweedfs-") as temporary:
        certificate = _write_certificate(root, temporary / "grpc.pem")
        folder = temporary / "data" if data is None else below(data, FOLDER)
        encryption_key = _prepared(folder)
        environment = {
            **{name: programs.environment[name] for name in INHERITED if name in programs.environment},
            "HOME": str(temporary),  # it reads settings there
            **_variables(credentials, certificate, encryption_key),
        }
        identities = _write_identities(root, temporary / "identities.json")
        command = Command((weed, *server_arguments(folder, ports, identities)), environment, temporary)
        client = Client(LOOPBACK, ports.s3, ClientLimits(connections=1, timeout=5))
        startup = _Startup(client)
        engine = EngineServer("SeaweedFS", f"http://{LOOPBACK}:{ports.s3}", startup.is_done, startup.sentence)
        server = await start_program(programs, command, engine)
        shell = Command(_shell(weed, ports), environment, temporary)
        lifecycle = asyncio.create_task(_run_lifecycle(programs, shell, report))
        try:
            yield Storage(server, (LOOPBACK, ports.filer_grpc), client_context(certificate))
        finally:
            lifecycle.cancel()
            await asyncio.wait((lifecycle,))
            await server.program.stop()
            await client.close()
            _remove_sockets(ports)


class _Startup:
    """It says that it is healthy before it can store anything: once its master knows its volumes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._has_volumes = False

    def sentence(self, line: str) -> str | None:
        """The sentence of a line with a fatal error."""
        self._has_volumes = self._has_volumes or _HAS_VOLUMES in line
        return f"SeaweedFS: {line.partition('] ')[2]}." if line.startswith("F") and "] " in line else None

    async def is_done(self) -> bool:
        if not self._has_volumes:
            return False
        try:
            return (await self._client.send("GET", "/healthz", (("Host", "localhost"),), b"")).status == 200
        except UnreachableError:
            return False


def server_arguments(folder: Path, ports: Ports, identities: Path | None = None) -> tuple[str, ...]:
    """The command line after the program's name; everybody on the machine can read it.

    `identities` is the file with the pairs of functions that have credentials of their own.
    """
    return (
        "-logtostderr=true",
        "server",
        f"-dir={folder}",
        f"-ip={LOOPBACK}",
        f"-ip.bind={LOOPBACK}",
        "-disableHttp",
        f"-master.port={ports.master}",
        f"-master.port.grpc={ports.master_grpc}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=1024",
        "-master.electionTimeout=1s",
        f"-volume.port={ports.volume}",
        f"-volume.port.grpc={ports.volume_grpc}",
        "-volume.max=1000",
        "-volume.preStopSeconds=0",
        "-filer",
        f"-filer.port={ports.filer}",
        f"-filer.port.grpc={ports.filer_grpc}",
        "-filer.disableHttp",
        "-filer.allowedOrigins=",
        "-s3",
        f"-s3.ip.bind={LOOPBACK}",
        f"-s3.port={ports.s3}",
        f"-s3.port.grpc={ports.s3_grpc}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.domainName=localhost",
        "-s3.autoCreateBucket=false",
        "-s3.allowDeleteBucketNotEmpty=false",
        "-s3.allowedOrigins=",
        *(() if identities is None else (f"-s3.config={identities}",)),
    )


def _variables(credentials: Credentials, certificate: Path, encryption_key: str) -> dict[str, str]:
    token = secrets.token_hex(32)
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "GOMEMLIMIT": "256MiB",
        "WEED_GRPC_CA": str(certificate),
        **{f"WEED_GRPC_{server}_{kind}": str(certificate) for server in _SERVERS for kind in ("CERT", "KEY")},
        **{f"WEED_{name}_KEY": token for name in _TOKENS},
        "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",  # a file for each bucket, not seven
        "WEED_S3_SSE_KEY": encryption_key,
    }


def _prepared(folder: Path) -> str:
    """The key of encrypted objects, once the folder can be used. Raises ConfigurationError."""
    try:
        _prepare(folder)
        return _encryption_key(folder)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or folder}: {error.strerror}; name a DIR that can be written."
        ) from error


def _prepare(folder: Path) -> None:
    """Make the folder, for its owner alone, without the state of masters: it belongs to the ports of another run."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in folder.iterdir():
        if _MASTER.fullmatch(each.name) and not each.is_symlink():
            shutil.rmtree(each)


def _encryption_key(folder: Path) -> str:
    """The key of encrypted objects, which lies beside them: without it they cannot be read again."""
    file = folder / _KEY
    if not file.exists():
        new = file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(base64.b64encode(secrets.token_bytes(32)).decode())
        new.rename(file)
    return read_private(file)


def _write_certificate(root: Path, file: Path) -> Path:
    """The certificate that only its own parts have, and its key."""
    value = load(read_private(root / ENV_FILE)).get(CERTIFICATE, "")
    file.touch(0o600)
    try:
        file.write_bytes(base64.b64decode(value, validate=True))
        client_context(file)
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"{root / ENV_FILE}: {CERTIFICATE} is not a certificate with its key; run esb build, which writes it."
        ) from error
    return file


def _write_identities(root: Path, file: Path) -> Path | None:
    """The pairs of credentials of all functions, if each has its own; those of the start count until the next one."""
    value = load(read_private(root / ENV_FILE)).get(S3_IDENTITIES)
    if value is None:
        return None
    file.touch(0o600)
    try:
        file.write_bytes(base64.b64decode(value, validate=True))
    except ValueError as error:
        raise ConfigurationError(
            f"{root / ENV_FILE}: {S3_IDENTITIES} is not as esb build writes it; run esb build."
        ) from error
    return file


def _shell(weed: str, ports: Ports) -> tuple[str, ...]:
    """Do what lifecycle rules say; its shell reads commands from standard input alone."""
    command = f"s3.lifecycle.run-shard -shards 0-15 -events 0 -s3 {LOOPBACK}:{ports.s3_grpc}"
    master, filer = f"{ports.master}.{ports.master_grpc}", f"{ports.filer}.{ports.filer_grpc}"
    addresses = (f"-master={LOOPBACK}:{master}", f"-filer={LOOPBACK}:{filer}")
    return ("/bin/sh", "-c", 'echo "$0" | "$@"', command, weed, "shell", *addresses)


async def _run_lifecycle(programs: Programs, command: Command, report: Callable[[str], object]) -> None:
    """Until cancelled. A run that fails is mentioned once."""
    mentioned = False
    while True:
        lines: list[str] = []
        await programs.run(command, lines.append)
        if not mentioned and not any("complete" in line for line in lines):
            mentioned = True
            report(f"SeaweedFS: objects do not expire by lifecycle rules: {lines[-1] if lines else 'no output'}")
        await asyncio.sleep(LIFECYCLE_INTERVAL)


def _remove_sockets(ports: Ports) -> None:
    """It leaves them when it is killed."""
    for port in ports:
        for part in ("master", "volume", "filer", "s3", "master-grpc", "volume-grpc", "filer-grpc", "s3-grpc"):
            with suppress(OSError):
                Path(_SOCKETS, f"seaweedfs-{part}-{port}.sock").unlink()
