"""Which engines a build uses: what the command line names, else those that the stack of the folder has, else defaults.

The volumes of the folder's docker-compose.yml say what the stack has: each engine's volume has a name of its own. A
stack that changes its engine starts with an empty volume, so a build does that only if it is told to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from esb_generator.errors import BuildError
from esb_schemas.engines import ENGINES, Engine, choose, option

COMPOSE_FILE: Final = "docker-compose.yml"
FOLDER: Final = "/backup/engines"  # in the provisioner's container
_VOLUMES: Final = re.compile(r"^volumes:\n((?:  \S.*\n)*)", re.MULTILINE)


def present_engines(compose: bytes | None) -> dict[str, Engine]:
    """By backing service, the engines of a stack, by its docker-compose.yml; none if there is no such file."""
    found = _VOLUMES.findall((compose or b"").decode("utf-8", "replace"))
    volumes = {line.strip().rstrip(":") for line in found[-1].splitlines()} if found else set()
    return {engine.service: engine for engine in ENGINES if engine.volume in volumes}


def chosen_engines(named: Mapping[str, str], present: Mapping[str, Engine], *, switch: bool) -> tuple[Engine, ...]:
    """An engine for each backing service; `named` are their names by service.

    Raises BuildError if that is not what the stack has, unless `switch`.
    """
    chosen = choose(**{**{service: engine.name for service, engine in present.items()}, **named})
    changes = [(present[new.service], new) for new in chosen if present.get(new.service, new) != new]
    if changes and not switch:
        raise BuildError(_refusal(changes))
    return chosen


def _refusal(changes: Iterable[tuple[Engine, Engine]]) -> str:
    parts = list(changes)
    what = " and ".join(f"{old.name} by {new.name}" for old, new in parts)
    options = " ".join(_options(new for _, new in parts))
    return (
        f"this would replace {what}, and the new server starts empty, as it cannot read the other's files."
        " To take the data along:\n"
        f"  esb build && docker compose run --rm provisioner export {FOLDER}\n"
        f"  esb build {options} --switch-engine && docker compose up -d --wait\n"
        f"  docker compose run --rm provisioner import {FOLDER}\n"
        "Without data to keep, the second line is enough; the old volume stays until you remove it"
    )


def _options(engines: Iterable[Engine]) -> Iterator[str]:
    for engine in engines:
        yield f"{option(engine.service)} {engine.name}"
