"""`DIR/local/deps`: packages and programs that are made of a function's source, each once.

An entry is named by a hash of what it is made of. It is filled under another name and renamed when complete, so that
an entry that exists is whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, TypeAlias

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.rooted_paths import below, write_new

_FOLDER: Final = "local/deps"
_SHOWN: Final = 20  # last lines of a command that fails
_CONTROLS: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")  # ECMA-48: colours and so on

Run: TypeAlias = Callable[[Command, Callable[[str], object]], Awaitable[int]]
Report: TypeAlias = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Filling:
    """The commands that fill `target` for a function. `doing` and `failed` are sentences for the user, without an end.

    `prepare` writes files into the folder that it gets, before the first of the `commands` for that folder runs;
    `finish` is called after the last one.
    """

    function: str
    target: Path
    doing: str
    failed: str
    commands: Callable[[Path], Iterable[Command]]
    prepare: Callable[[Path], object] = lambda _: None
    finish: Callable[[Path], object] = lambda _: None


def entry(root: Path, digest: str) -> Path:
    """The folder of the entry; it exists if it is complete. Raises ConfigurationError if a link is in the way."""
    return below(root, f"{_FOLDER}/{digest}")


def add_files(digest: hashlib._Hash, folder: Path, files: Iterable[Path]) -> None:
    """Add names and content of files in the folder, and whether they are programs, in the order of their paths."""
    for file in sorted(file for file in files if file.is_file()):
        status = file.stat()
        digest.update(os.fsencode(file.relative_to(folder)))  # any bytes but NUL
        digest.update(f"\0{status.st_mode & 0o111}\0{status.st_size}\0".encode())
        digest.update(file.read_bytes())


async def fill(fillings: Iterable[Filling], run: Run, report: Report, broken: dict[str, str] | None = None) -> None:
    """Fill each missing target once, concurrently. `report` gets what is done, and the last lines of what fails.

    The functions of what fails are put into `broken`, if there is one, with the reason; else a group of
    ConfigurationErrors is raised.
    """
    missing: dict[Path, list[Filling]] = {}
    for each in fillings:
        if not each.target.is_dir():
            missing.setdefault(each.target, []).append(each)
    async with asyncio.TaskGroup() as tasks:
        for same in missing.values():
            report(same[0].doing)
            tasks.create_task(_fill(same[0], run, report) if broken is None else _try(same, run, report, broken))


async def _try(same: list[Filling], run: Run, report: Report, broken: dict[str, str]) -> None:
    try:
        await _fill(same[0], run, report)
    except ConfigurationError as error:
        broken.update((each.function, str(error)) for each in same)
        report(f"{error} Its calls fail until this is fixed; the other functions run.")


async def _fill(filling: Filling, run: Run, report: Report) -> None:
    target = filling.target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(prefix=f"{target.name}.", dir=target.parent.resolve()))
    except OSError as error:
        raise _cannot_be_written(target, error) from error
    try:
        unfinished.chmod(0o755)
        filling.prepare(unfinished)
        await _run_all(filling, unfinished, run, report)
        filling.finish(unfinished)
        _keep(unfinished, target)
    except OSError as error:
        raise _cannot_be_written(target, error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


async def _run_all(filling: Filling, folder: Path, run: Run, report: Report) -> None:
    log: list[str] = []
    for command in filling.commands(folder):
        if await run(command, partial(_note, log, command.folder)):
            path = filling.target.with_suffix(".log")
            write_new(path, "".join(f"{line}\n" for line in log))
            for line in log[-_SHOWN:]:
                report(line)
            raise ConfigurationError(f"{filling.failed}; the reason is in {path}.")


def _note(log: list[str], folder: Path, line: str) -> None:
    """A line of a command: without what steers a terminal, and with paths relative to the folder that it ran in.

    That folder is a copy, which is gone when the line is read.
    """
    log.append(_CONTROLS.sub("", line).replace(f"{folder}/", ""))


def _cannot_be_written(target: Path, error: OSError) -> ConfigurationError:
    reason = error.strerror or error
    return ConfigurationError(f"{target}: cannot be written ({reason}); packages and builds are kept there.")


def _keep(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError:
        if not target.is_dir():  # else another gateway has made the same meanwhile
            raise
