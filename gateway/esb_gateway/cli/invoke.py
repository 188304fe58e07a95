"""`esb-gateway invoke`: calls a function of the stack and prints its response.

Without `--url`, a gateway is started for the call if none runs. Exit codes: 0 success, 1 the function failed or could
not be called, 2 usage.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from esb_gateway.cli.exit_codes import Exit, InvokeExit
from esb_gateway.cli.gateway_url import gateway_url
from esb_gateway.cli.readable import shown_lines
from esb_gateway.cli.running import new_runner, on_stop_signal, print_note
from esb_gateway.client.gateway_client import GatewayClient, NoServerError, credentials_in, folder_of
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.pools.slots import NO_DEADLINE
from esb_gateway.lambda_api.invoke_client import LONGEST, Answer, InvokeCall, invoke
from esb_gateway.local.debugging.debug_target import DebugTarget
from esb_gateway.local.folder.credentials import SECRETS, read_credentials
from esb_gateway.local.options import LocalOptions
from esb_gateway.local.override_options import Overrides
from esb_gateway.local.run import run_local
from esb_schemas.command_line.progress_line import ProgressLine


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    invocation = _invocation(options)
    root = folder_of(options.root)
    known = environment if options.root is None and not root.exists() else read_credentials(root / SECRETS)

    patience = LONGEST if options.debug is None else NO_DEADLINE

    def call(url: str) -> Answer:
        return invoke(GatewayClient(url, credentials_in(known), time.time(), patience), invocation)

    line = ProgressLine(sys.stderr, environment)
    own = LocalOptions(
        root=root,
        host="127.0.0.1",
        port=0,
        data=None,
        environment=environment,
        overrides=Overrides(options.env_vars),
        debug=() if options.debug is None else (DebugTarget(options.function, options.debug or None),),
        quiet=True,
        on_step=line.step,
    )
    if options.local:
        return _print(_with_a_gateway_of_its_own(own, call, line), invocation)
    url = gateway_url(options.url, root, environment)
    try:
        return _print(call(url), invocation)
    except NoServerError:
        if options.url or invocation.is_async or not root.exists():  # what is only accepted would end with the gateway
            raise
        print_note(f"no gateway answers at {url} (--url names another); starting one for this call")
        return _print(_with_a_gateway_of_its_own(own, call, line), invocation)


def _invocation(options: argparse.Namespace) -> InvokeCall:
    return InvokeCall(
        function=options.function,
        payload=_read(options.event),
        is_async=options.is_async,
        with_log=options.log,
        qualifier=options.qualifier,
        client_context=options.client_context,
    )


def _read(event: str | None) -> bytes:
    """The event of a file, or of standard input for `-`. Raises ConfigurationError."""
    if event is None:
        return b"{}"
    try:
        return sys.stdin.buffer.read() if event == "-" else Path(event).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{event}: {error.strerror}; -e names a file with the event as JSON.") from error


def _print(answer: Answer, invocation: InvokeCall) -> int:
    sys.stderr.write("\n".join(shown_lines(answer.log)))
    if invocation.is_async:
        print_note(f"accepted: {answer.request_id}; esb-gateway events list shows it if it fails")
    else:
        sys.stdout.buffer.write(answer.payload + b"\n")
    return Exit.DONE if answer.error is None else InvokeExit.FUNCTION_FAILED


def _with_a_gateway_of_its_own(options: LocalOptions, call: Callable[[str], Answer], line: ProgressLine) -> Answer:
    with line, new_runner() as runner:
        return runner.run(_started(options, call, line))


async def _started(options: LocalOptions, call: Callable[[str], Answer], progress: ProgressLine) -> Answer:
    """Start a gateway, call, and stop it. Raises ConfigurationError."""
    url = asyncio.get_running_loop().create_future()

    def write(text: str) -> None:
        for line in text.splitlines():
            if line.startswith("ready: ") and not url.done():
                progress.close()
                url.set_result(line.split()[1])

    def report(text: str) -> None:
        with progress.hidden():
            print_note(text)

    gateway = asyncio.ensure_future(run_local(options, write, report))
    on_stop_signal(gateway.cancel)
    try:
        await asyncio.wait({gateway, url}, return_when=asyncio.FIRST_COMPLETED)
        if gateway.done():
            await gateway
        return await asyncio.to_thread(call, await url)
    finally:
        gateway.cancel()
        with suppress(asyncio.CancelledError):
            await gateway
