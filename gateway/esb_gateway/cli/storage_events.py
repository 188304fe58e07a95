"""`esb-gateway storage-events`: the feed of changed objects of SeaweedFS or RustFS, until TERM.

For SeaweedFS it runs in the network namespace of the storage, and also ends when the storage is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from pathlib import Path

from esb_gateway.cli.exit_codes import Exit
from esb_gateway.cli.running import new_runner, on_stop_signal, print_lines
from esb_gateway.errors import ConfigurationError
from esb_gateway.storage_events.feed_server import FeedServer
from esb_gateway.storage_events.filer_feed import UNREACHABLE, FilerFeed
from esb_gateway.storage_events.grpc_stream import client_context
from esb_gateway.storage_events.received_events import EventFileError, ReceivedEvents
from esb_gateway.storage_events.webhook import WebhookFeed, WebhookServer
from esb_schemas.agreements.storage_events import SIGNING_NAME, TOKEN_VARIABLE
from esb_wire.http.listener import listening
from esb_wire.http.messages import Handler
from esb_wire.http.sockets import bind, url_of
from esb_wire.sigv4 import Credentials, Verifier, Verify, for_operators

_AS_COMPOSE = "set them as docker-compose.yml does"


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    verify = _verifier(environment)
    if options.webhook is None:
        tls = _storage_tls(environment.get("ESB_CERTIFICATE", ""))
        serving = _serve_filer(options, tls, verify)
    else:
        token = environment.get(TOKEN_VARIABLE, "")
        if not token:
            raise ConfigurationError(f"environment: storage-events --webhook needs {TOKEN_VARIABLE}; {_AS_COMPOSE}.")
        serving = _serve_webhook(options, token, verify)
    with new_runner() as runner:
        return runner.run(serving)


def _verifier(environment: Mapping[str, str]) -> Verify:
    credentials = Credentials(environment.get("AWS_ACCESS_KEY_ID", ""), environment.get("AWS_SECRET_ACCESS_KEY", ""))
    if not (credentials.access_key and credentials.secret_key):
        needed = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        raise ConfigurationError(f"environment: storage-events needs {needed}; {_AS_COMPOSE}.")
    return for_operators(Verifier(credentials, time.time, service=SIGNING_NAME))


def _storage_tls(certificate: str) -> ssl.SSLContext:
    """TLS for a certificate in Base64."""
    if not certificate:
        raise ConfigurationError(
            "environment: storage-events needs ESB_CERTIFICATE, the certificate of the storage in Base64; "
            f"{_AS_COMPOSE}."
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "storage.pem"
        try:
            file.write_bytes(base64.b64decode(certificate))
            return client_context(file)
        except (ValueError, OSError) as error:
            raise ConfigurationError(
                f"environment: ESB_CERTIFICATE is not a certificate and a key: {error}."
            ) from error


async def _serve_filer(options: argparse.Namespace, tls: ssl.SSLContext, verify: Verify) -> int:
    target = options.target
    feed = FilerFeed((target.host, target.port), tls)
    if await _serve(FeedServer(feed, verify).handle, options, feed.watch):
        print_lines(f"the storage has not been reachable for {UNREACHABLE:g} s; this process starts again\n")
        return Exit.FAILED
    return Exit.DONE


async def _serve_webhook(options: argparse.Namespace, token: str, verify: Verify) -> int:
    try:
        received = ReceivedEvents(options.webhook, time.time_ns())
    except EventFileError as error:
        raise ConfigurationError(f"--webhook: {error}.") from None
    with closing(WebhookFeed(received)) as feed:
        server = WebhookServer(feed, token, verify, lambda line: print_lines(f"{line}\n"))
        await _serve(server.handle, options, asyncio.Event().wait)
    return Exit.DONE


async def _serve(handle: Handler, options: argparse.Namespace, watch: Callable[[], Awaitable[object]]) -> bool:
    """Serve until TERM, or until `watch` returns, which is what it answers."""
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    with bind(options.host, options.port) as listener:
        async with listening(handle, listener):
            print_lines(f"ready: {url_of(options.host, listener)}\n")
            watching = asyncio.ensure_future(watch())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((watching, stopping), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            return not watching.cancel()
