"""The servers that stand behind the database and storage of `esb-gateway local`.

A folder of data belongs to one gateway at a time, and to the engines that it was begun with: none can read another's
files. `engines.json` in it says which they are.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.stores.process_names import JOURNAL_FILE

MOTO: Final = "moto"
DYNOXIDE: Final = "dynoxide"
SEAWEEDFS: Final = "seaweedfs"
DATABASES: Final = (MOTO, DYNOXIDE)  # the first one is the default
STORAGES: Final = (MOTO, SEAWEEDFS)
FILE: Final = "engines.json"

_DATABASE, _STORAGE = "database", "storage"
_OPEN: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class EngineChoice(NamedTuple):
    """The engines of one run."""

    database: str = MOTO
    storage: str = MOTO

    @property
    def uses_moto(self) -> bool:
        """Whether moto's process is needed."""
        return MOTO in self


class StartedEngines(NamedTuple):
    """The engines of one run, and the URL of moto, if it runs."""

    choice: EngineChoice
    moto: str | None


class WantedEngines(NamedTuple):
    """`--database` and `--storage`; None: not given."""

    database: str | None = None
    storage: str | None = None

    def options(self) -> Iterator[str]:
        """As they are given on a command line."""
        for name, engine in self._asdict().items():
            if engine is not None:
                yield from (f"--{name}", engine)


NO_ENGINES: Final = WantedEngines()


@contextmanager
def engines_of(data: Path | None, wanted: WantedEngines) -> Iterator[EngineChoice]:
    """The engines to start; the folder of data, if there is one, is this process's own while the block runs.

    Raises ConfigurationError if another process has the folder, or if it has data of an engine that is not wanted.
    """
    if data is None:
        yield EngineChoice(wanted.database or MOTO, wanted.storage or MOTO)
        return
    file = _open_locked(data)
    try:
        choice = choose(data, wanted, _kept(data, file))
        content = json.dumps(choice._asdict()).encode() + b"\n"
        os.pwrite(file, content, 0)
        os.ftruncate(file, len(content))
        yield choice
    finally:
        os.close(file)


def choose(data: Path, wanted: WantedEngines, kept: EngineChoice | None) -> EngineChoice:
    """The engines for a folder of data. Raises ConfigurationError if what is kept in it is another engine's."""
    if kept is None:
        return EngineChoice(wanted.database or MOTO, wanted.storage or MOTO)
    contents = {_DATABASE: "tables", _STORAGE: "objects"}
    for name, engine in wanted._asdict().items():
        of_data = getattr(kept, name)
        if engine not in (None, of_data):
            raise ConfigurationError(
                f"{data}: its {contents[name]} are in files of {of_data}, which {engine} cannot read; leave --{name} "
                f"out, or move them: esb-provision export FOLDER while this gateway runs without --{name}, then "
                f"esb-provision import FOLDER while one runs with --{name} {engine} and another DIR."
            )
    return kept


def _kept(data: Path, file: int) -> EngineChoice | None:
    """The recorded choice; a folder with a journal and without this file is from before there was one, so moto's."""
    text = os.pread(file, 1 << 16, 0)
    if not text.strip():  # it is new, or a kill came before it was written
        return EngineChoice() if (data / JOURNAL_FILE).is_file() else None
    try:
        choice = EngineChoice(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        choice = EngineChoice("", "")
    if choice.database not in DATABASES or choice.storage not in STORAGES:
        raise ConfigurationError(
            f"{data / FILE}: does not name engines that this version of esb-gateway has; name another DIR."
        )
    return choice


def _open_locked(data: Path) -> int:
    path = data / FILE
    try:
        data.mkdir(parents=True, exist_ok=True)
        file = os.open(path, _OPEN, 0o600)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror or str(error)
        raise ConfigurationError(f"{path}: {reason}; name a DIR that can be written.") from error
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise ConfigurationError(f"{path}: is not a regular file; delete it, or name another DIR.")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise ConfigurationError(
            f"{data}: another esb-gateway uses this data; stop it, or name another DIR."
        ) from error
    except ConfigurationError:
        os.close(file)
        raise
    return file
