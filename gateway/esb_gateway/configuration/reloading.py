"""Applies a changed configuration while requests are answered, or refuses it and keeps the old one.

`esb build` replaces one file after the other, so for a moment they do not match. A change is therefore read once the
files have not changed for `DEBOUNCE` seconds, and what is invalid then is refused only if the files are still the same
one regular interval later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from esb_gateway.configuration.compiling import load_configuration
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.configuration.debugging import SETTING, name_of, with_debugged
from esb_gateway.configuration.file_stamps import stamp
from esb_gateway.errors import ConfigurationError

POLL_INTERVAL: Final = 0.5  # seconds
DEBOUNCE: Final = 0.1
_COST_FACTOR: Final = 1000  # the pause, at least, in durations of a poll: so polling takes 0.1 % of a CPU

Stamps: TypeAlias = Mapping[str, object]  # for each thing that is watched, a value that changes when the thing does


@dataclass(frozen=True, slots=True)
class Revision:
    """A configuration to apply. `changed_code` names functions whose files have changed."""

    configuration: Configuration
    changed_code: frozenset[str] = frozenset()


class ConfigurationSource(Protocol):
    """A source of configurations."""

    def poll(self) -> Stamps:
        """The stamps now. Called in a thread, and never raises."""

    async def wait(self, seconds: float) -> None:
        """Wait up to `seconds`, or until notified of a change."""

    async def read(self, changed: frozenset[str]) -> Revision:
        """Read the configuration. `changed` has the keys of the stamps that differ from the last applied revision.

        Raises ConfigurationError.
        """


class ConfigurationTarget(Protocol):
    """The user of configurations."""

    def apply(self, revision: Revision) -> None:
        """Use it from now on."""

    def refuse(self, reason: str) -> None:
        """The files cannot be used; `reason` is one sentence."""


async def watch(
    source: ConfigurationSource,
    read: Stamps,
    target: ConfigurationTarget,
    clock: Callable[[], float] = time.perf_counter,
) -> None:
    """Apply every change until cancelled. `read` are the stamps before the source was read the first time."""
    applied = refused = _with_discovered(read, await _poll(source))
    cost = 0.0
    while True:
        await source.wait(max(POLL_INTERVAL, _COST_FACTOR * cost))
        began = clock()
        seen = await _poll(source)
        cost = clock() - began
        if seen in (applied, refused):
            continue
        seen = await _debounce(source, seen)
        try:
            revision = await source.read(changed(applied, seen))
        except ConfigurationError as error:
            await source.wait(POLL_INTERVAL)
            if await _poll(source) == seen:
                target.refuse(str(error))
                refused = seen
        else:
            target.apply(revision)
            applied = refused = _with_discovered(seen, await _poll(source))


async def _poll(source: ConfigurationSource) -> Stamps:
    """In a thread: the code of functions may be thousands of files, and a disk may take its time."""
    return await asyncio.to_thread(source.poll)


async def _debounce(source: ConfigurationSource, seen: Stamps) -> Stamps:
    while True:
        await source.wait(DEBOUNCE)
        now = await _poll(source)
        if now == seen:
            return now
        seen = now


def _with_discovered(read: Stamps, now: Stamps) -> Stamps:
    """Stamps at read time, plus stamps of paths that this read discovered."""
    return {name: read.get(name, stamp) for name, stamp in now.items()}


def changed(old: Stamps, new: Stamps) -> frozenset[str]:
    """The keys whose stamps differ."""
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


class ConfigurationFolder:
    """The folder of the three files, for functions in containers: a `ConfigurationSource`.

    The functions `debugged`, by their names or logical ids, have one slot and no deadline.
    """

    def __init__(self, folder: Path, debugged: Collection[str] = ()) -> None:
        self._folder = folder
        self._debugged = debugged

    def poll(self) -> Stamps:
        """The stamps of the files."""
        return {name: stamp(self._folder / name) for name in ("functions.yml", "routing.yml", "resources.yml")}

    async def wait(self, seconds: float) -> None:
        """Wait for so long: changes are not notified."""
        await asyncio.sleep(seconds)

    async def read(self, _changed: frozenset[str]) -> Revision:
        """Read in a thread, because a large file takes a while. Raises ConfigurationError."""
        configuration = await asyncio.to_thread(load_configuration, self._folder)
        names = {name_of(each, configuration.functions, SETTING) for each in self._debugged}
        return Revision(with_debugged(configuration, names) if names else configuration)
