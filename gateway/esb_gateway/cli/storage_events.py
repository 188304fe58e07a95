"""`esb-gateway storage-events`, in the network namespace of the storage, until TERM or until the storage is gone."""

from __future__ import annotations

import argparse
import asyncio
import base64
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from esb_gateway.cli.exit_codes import Exit
from esb_gateway.cli.running import new_runner, on_stop_signal, print_lines
from esb_gateway.errors import ConfigurationError
from esb_gateway.storage_events.grpc_stream import client_context
from esb_gateway.storage_events.object_event import SIGNING_NAME
from esb_gateway.storage_events.server import UNREACHABLE, FeedServer, FilerFeed
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind, url_of
from esb_wire.sigv4 import Credentials, Verifier, for_operators


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    certificate = environment.get("ESB_CERTIFICATE", "")
    credentials = Credentials(environment.get("AWS_ACCESS_KEY_ID", ""), environment.get("AWS_SECRET_ACCESS_KEY", ""))
    if not (certificate and credentials.access_key and credentials.secret_key):
        raise ConfigurationError(
            "environment: storage-events needs AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and ESB_CERTIFICATE, the "
            "certificate of the storage in Base64; set them as docker-compose.yml does."
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "storage.pem"
        try:
            file.write_bytes(base64.b64decode(certificate))
            tls = client_context(file)
        except (ValueError, OSError) as error:
            raise ConfigurationError(
                f"environment: ESB_CERTIFICATE is not a certificate and a key: {error}."
            ) from error
    target = options.target
    feed = FilerFeed((target.host, target.port), tls)
    server = FeedServer(feed, for_operators(Verifier(credentials, time.time, service=SIGNING_NAME)))
    with new_runner() as runner:
        return runner.run(_serve(feed, server, options.host, options.port))


async def _serve(feed: FilerFeed, server: FeedServer, host: str, port: int) -> int:
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    with bind(host, port) as listener:
        async with listening(server.handle, listener):
            print_lines(f"ready: {url_of(host, listener)}\n")
            watching = asyncio.create_task(feed.watch())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((watching, stopping), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not watching.cancel():
                print_lines(f"the storage has not been reachable for {UNREACHABLE:g} s; this process starts again\n")
                return Exit.FAILED
    return Exit.DONE
