"""`esb-gateway local`: the whole stack without Docker; see local/."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from typing import Any

from esb_gateway.cli.readable import readable
from esb_gateway.cli.running import new_runner, on_stop_signal, print_lines, print_note, with_tls
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engine_choice import WantedEngines
from esb_gateway.local.folder.address_file import AddressFile
from esb_gateway.local.folder.log_file import LogFile
from esb_gateway.local.options import LocalOptions
from esb_gateway.local.override_options import Overrides, check_loopback
from esb_gateway.local.run import run_local
from esb_schemas.command_line.progress_line import ProgressLine


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    _check(options)
    line = ProgressLine(sys.stderr, environment)
    local = _local_options(options, environment, line.step)
    show = (lambda text: print_lines(readable(text))) if sys.stdout.isatty() else print_lines
    kept, address = LogFile(options.root, print_note), AddressFile(options.root, print_note)

    def write(text: str) -> None:
        if text.startswith("ready: "):
            line.close()
            kept.create()
            if not options.testing:  # tests have its address, and run beside the gateway that a person uses
                address.create(text.split(maxsplit=2)[1])
        with line.hidden():
            show(text)
        kept.write(text)

    def report(text: str) -> None:
        with line.hidden():
            print_note(text)

    with closing(kept), closing(address), line, new_runner() as runner, suppress(asyncio.CancelledError):
        runner.run(_until_stopped(run_local(local, write, report)))


def _check(options: argparse.Namespace) -> None:
    if options.disable_authorizer:
        check_loopback(options.host)
    if options.static is not None and not options.static.is_dir():
        raise ConfigurationError(f"{options.static}: not a folder; --static names a folder of files to serve.")
    if options.static is not None and options.static.is_symlink():  # it may be the checkout's, and lead anywhere
        raise ConfigurationError(f"{options.static}: is a link; name the folder that it leads to.")


def _local_options(
    options: argparse.Namespace, environment: Mapping[str, str], on_step: Callable[[str], object]
) -> LocalOptions:
    return LocalOptions(
        root=options.root,
        host=options.host,
        port=options.port,
        data=options.data,
        environment=with_tls(environment, options),
        build=tuple(options.build) if options.watch else None,
        cloud=options.cloud,
        overrides=Overrides(options.env_vars, options.disable_authorizer),
        static=options.static,
        debug=tuple(options.debug),
        testing=options.testing,
        engines=WantedEngines(options.database, options.storage),
        resets=(*_each("--reset-table", options.reset_table), *_each("--reset-stream", options.reset_stream)),
        on_step=on_step,
    )


def _each(option: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (option, name)


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    on_stop_signal(task.cancel)
    await task
