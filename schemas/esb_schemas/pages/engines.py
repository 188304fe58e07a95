"""docs/engines.md, generated from the table of engines: `python -m esb_schemas.pages.engines > docs/engines.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from esb_schemas.backends import BACKENDS, Backend
from esb_schemas.engines.capabilities import CAPABILITIES, Capability
from esb_schemas.engines.engine import Engine
from esb_schemas.engines.table import ENGINES, option
from esb_schemas.pages.markdown import item, page, table

HEADER: Final = """\
# Engines

An engine is the server of a backing service of the stack. `esb build` chooses one for each service, and warns if the
template needs a capability that the engine lacks. Each engine keeps its data in its own volume.

This page is generated from the tables in [`schemas/esb_schemas/engines/`](../schemas/esb_schemas/engines); do not edit
it. The reasons for the defaults are in [decisions](decisions/).
"""

FOOTER: Final = """\
"yes": the engine has the capability. "ESB": ESB adds it, as described below the table. The end-to-end tests run the
engines that are marked as tested; for others, the table is based on their documentation. Memory is what `docker stats`
shows for the idle server.

`esb build --database external` and `--storage external` start no server: `ESB_DATABASE_URL` and `ESB_S3_URL` name one
that you already run ([compose.md](compose.md#a-server-of-your-own)).
"""


def reference() -> str:
    return page(HEADER, [_section(row) for row in BACKENDS if not row.own], FOOTER)


def _section(row: Backend) -> str:
    found = [engine for engine in ENGINES if engine.service == row.service]
    name = option(row.service)
    title = f"## {row.label}\n\n"
    if name and len(found) > 1:
        title += f"`esb build {name} {found[0].name}` is the default.\n\n"
    lines = table(["", *(f"`{engine.name}`" for engine in found)], _rows(row, found))
    return title + "\n".join([*lines, *_added_by_esb(found)])


def _rows(row: Backend, found: list[Engine]) -> Iterator[list[str]]:
    yield ["for", *(engine.purpose for engine in found)]
    for capability in CAPABILITIES:
        if capability.service == row.service:
            yield [capability.label, *(_cell(engine, capability) for engine in found)]
    yield ["image", *(f"`{engine.image}`" for engine in found)]
    yield ["volume", *(f"`{engine.volume}`" for engine in found)]
    yield ["memory", *(f"{engine.memory} MB" if engine.memory else "not measured" for engine in found)]
    yield ["licence", *(engine.licence for engine in found)]
    yield ["tested", *("yes" if engine.tested else "no" for engine in found)]


def _cell(engine: Engine, capability: Capability) -> str:
    if capability.name in engine.capabilities:
        return "yes"
    return "ESB" if capability.name in engine.added_by_esb else "no"


def _added_by_esb(found: list[Engine]) -> Iterator[str]:
    labels = {each.name: each.label for each in CAPABILITIES}
    ways: dict[str, list[str]] = {}
    for engine in found:
        for name, way in engine.added_by_esb.items():
            ways.setdefault(f"{labels[name]}: {way}", []).append(f"`{engine.name}`")
    if ways:
        yield ""
    for way, names in ways.items():
        yield item(f"{', '.join(names)}: {way}")


if __name__ == "__main__":
    sys.stdout.write(reference())
