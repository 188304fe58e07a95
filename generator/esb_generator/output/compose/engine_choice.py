"""The engines that a build uses: those on the command line, else those of the stack, else the defaults.

The volumes in docker-compose.services.yml show the engines of the stack: each engine's volume has its own name. A stack
that changes its engine starts with an empty volume, so a build does that only with `--switch-engine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.compose.file_names import SERVICES_FILE, STACK_FILE
from esb_schemas.backends import BACKENDS, backend
from esb_schemas.engines.engine import Engine
from esb_schemas.engines.table import ENGINES, RETIRED, Retired, choose, external, option

STACK_FILES: Final = (SERVICES_FILE, STACK_FILE)  # the second is that of an older ESB
FOLDER: Final = "/backup/engines"  # in the provisioner's container
_VOLUMES: Final = "\nvolumes:\n"  # at the end of the file, after all services


def present_engines(compose: bytes | None) -> dict[str, Engine | Retired]:
    """The engines of a stack by backing service, read from its Compose file; empty if there is no file."""
    text = (compose or b"").decode("utf-8", "replace")
    volumes = set(_volumes(text))
    known: tuple[Engine | Retired, ...] = (*ENGINES, *RETIRED)
    outside = (row.service for row in BACKENDS if f"${{{row.url_variable}:?" in text)
    return {
        **{engine.service: engine for engine in known if engine.volume in volumes},
        **{service: external(service) for service in outside},
    }


def _volumes(text: str) -> Iterator[str]:
    _, begins, rest = text.rpartition(_VOLUMES)
    for line in rest.splitlines() if begins else ():
        if not line.startswith("  "):
            return
        yield line.strip().rstrip(":")


def chosen_engines(
    named: Mapping[str, str], present: Mapping[str, Engine | Retired], *, switch: bool
) -> tuple[Engine, ...]:
    """An engine for each backing service; `named` are their names by service.

    Raises BuildError if the stack has another one, unless `switch`.
    """
    retired = [engine for engine in present.values() if isinstance(engine, Retired)]
    if retired and not switch:
        raise BuildError(_retired_message(retired[0]))
    kept = {service: engine for service, engine in present.items() if isinstance(engine, Engine)}
    chosen = choose(**{**{service: engine.name for service, engine in kept.items()}, **named})
    changes = [(kept[new.service], new) for new in chosen if kept.get(new.service, new) != new]
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


def _retired_message(engine: Retired) -> str:
    return (
        f"this stack has {engine.name}, which esb no longer starts: {engine.reason}."
        f" To take the data along, while the stack is still up:\n"
        f"  set -a; . .esb/secrets.env; set +a\n"
        f"  {backend(engine.service).endpoint_variable}=http://127.0.0.1:{backend(engine.service).port}"
        f" esb-provision export backup\n"
        f"  esb build --switch-engine && docker compose up -d --wait\n"
        f"and the second line again with import in place of export."
        f" Without data to keep, build with --switch-engine; the old volume stays until you remove it"
    )


def _options(engines: Iterable[Engine]) -> Iterator[str]:
    for engine in engines:
        yield f"{option(engine.service)} {engine.name}"
