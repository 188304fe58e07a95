"""`esb graph`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from esb_generator.cli.console import Console
from esb_generator.cli.exit_codes import Exit
from esb_generator.cli.messages import failed
from esb_generator.errors import BuildError
from esb_generator.graph.contents import graph_of
from esb_generator.graph.mermaid import mermaid
from esb_generator.graph.svg import svg
from esb_schemas.documents.kinds import Kind
from esb_schemas.errors import ContractError
from esb_schemas.validation.loading import load

_CONTRACT: Final[tuple[Kind, ...]] = ("functions", "routing", "resources")


def run(options: argparse.Namespace, here: Path, _environ: Mapping[str, str], console: Console) -> int:
    """Print what calls what, from the files below `config`."""
    folder = here / options.folder
    try:
        documents = (load(kind, folder / f"config/{kind}.yml") for kind in _CONTRACT)
        graph = graph_of(*documents)
    except ContractError as error:
        return failed(BuildError(f"{error}; esb build writes these files"), console, as_json=False)
    print(svg(graph) if options.svg else mermaid(graph), end="", file=console.out)
    return Exit.DONE
