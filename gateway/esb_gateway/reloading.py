"""A changed configuration is taken while requests are answered, or refused with the old one kept.

`esb build` replaces one file after the other, so that for a moment they do not belong together. A change is therefore
looked at once it stands still for `SETTLED` seconds, and what cannot be taken then is refused only when it still
stands as it did a regular look later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from esb_gateway.config import Configuration, load_configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.file_stamps import stamp

LOOK: Final = 0.5  # seconds from look to look, at least
SETTLED: Final = 0.1
_SHARE: Final = 1000  # a look is followed by a pause so many times as long: 0.1 % of a processor, however much is there

Stamps: TypeAlias = Mapping[str, object]  # of each thing that is watched, something that changes when it does


@dataclass(frozen=True, slots=True)
class Revision:
    """A configuration to take. `other_code`: functions whose files are not what they were."""

    configuration: Configuration
    other_code: frozenset[str] = frozenset()


class Source(Protocol):
    """Where configurations come from."""

    def look(self) -> Stamps:
        """As it is now; cheap, and never an error."""

    async def wait(self, seconds: float) -> None:
        """For so long, or until somebody says that there is a change."""

    async def read(self, changed: frozenset[str]) -> Revision:
        """What `changed` (keys of the stamps) since the last one that was taken, ready to run.

        Raises ConfigurationError.
        """


class Taker(Protocol):
    """What is told of it."""

    def take(self, revision: Revision) -> None:
        """Serve by it from now on."""

    def refuse(self, reason: str) -> None:
        """The files are not fit to serve by; one sentence."""


async def follow(source: Source, taken: Stamps, taker: Taker, clock: Callable[[], float] = time.perf_counter) -> None:
    """Take every change since the look `taken`, after which the source was read; runs until it is cancelled."""
    taken = refused = _with_news(taken, source.look())
    cost = 0.0
    while True:
        await source.wait(max(LOOK, _SHARE * cost))
        began = clock()
        seen = source.look()
        cost = clock() - began
        if seen in (taken, refused):
            continue
        seen = await _stand_still(source, seen)
        try:
            revision = await source.read(changed(taken, seen))
        except ConfigurationError as error:
            await source.wait(LOOK)
            if source.look() == seen:
                taker.refuse(str(error))
                refused = seen
        else:
            taker.take(revision)
            taken = refused = _with_news(seen, source.look())


async def _stand_still(source: Source, seen: Stamps) -> Stamps:
    while True:
        await source.wait(SETTLED)
        now = source.look()
        if now == seen:
            return now
        seen = now


def _with_news(read: Stamps, now: Stamps) -> Stamps:
    """As it was when it was read; and as it is now, what only the configuration that was read made known."""
    return {name: read.get(name, stamp) for name, stamp in now.items()}


def changed(old: Stamps, new: Stamps) -> frozenset[str]:
    """What is not as it was."""
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


class ConfigurationFolder:
    """A Source: the folder of functions.yml and routing.yml, for functions in containers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self) -> Stamps:
        """Both files."""
        return {name: stamp(self._folder / name) for name in ("functions.yml", "routing.yml")}

    async def wait(self, seconds: float) -> None:
        """Nobody says so."""
        await asyncio.sleep(seconds)

    async def read(self, _changed: frozenset[str]) -> Revision:
        """In a thread, since a large file takes a while. Raises ConfigurationError."""
        return Revision(await asyncio.to_thread(load_configuration, self._folder))
