"""Warnings about lines of esb.env without effect: misspelt settings, and variables that Compose reads elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from esb_generator.errors import Problem
from esb_generator.near_miss import near_miss
from esb_generator.values import Mark
from esb_schemas.entry_points import load_object
from esb_schemas.environment.variable import Table
from esb_schemas.settings_files.site_settings import SITE_FILE, site_lines

# The environment of docker itself, which it reads before the file of an `include`.
# https://docs.docker.com/compose/how-tos/environment-variables/envvars/
_PROGRAMS: Final = ("COMPOSE_", "DOCKER_", "BUILDKIT_")
_PREFIX: Final = "ESB_"
_TABLES: Final = "esb_schemas.environment.tables:TABLES"


def site_problems(output: Path, here: Path) -> Iterator[Problem]:
    """The warnings about esb.env beside the folder of a stack; its path in them is relative to `here`."""
    lines = site_lines(output)
    if not lines:  # as after the first build; the tables of all variables are then not imported
        return
    shown = os.path.relpath(output.absolute().parent / SITE_FILE, here.absolute())
    known = _known_names()
    patterns = [re.compile(re.sub("<.*>", ".+", name)) for name in known]
    for number, name in lines:
        text = _misplaced(name) or _unknown(name, known, patterns)
        if text is not None:
            yield Problem(Mark(shown, number, 1), text)


def _misplaced(name: str) -> str | None:
    if not name.startswith(_PROGRAMS):
        return None
    return f"{name} has no effect here; set it in the shell, or in .env beside compose.yaml"


def _unknown(name: str, known: Iterable[str], patterns: Iterable[re.Pattern[str]]) -> str | None:
    if not name.startswith(_PREFIX) or any(pattern.fullmatch(name) for pattern in patterns):
        return None
    near = near_miss(name, known)
    if near:
        return f"{name} is no setting and has no effect{near}"
    return (
        f"{name} is no setting, and nothing gets it: a function has the variables of its Environment in the template, "
        "and compose.override.yaml those of .env beside it; docs/variables.md lists the settings"
    )


def _known_names() -> list[str]:
    """The names of all variables with ESB's prefix; a `<PART>` stands for several."""
    tables: Iterable[Table] = load_object(_TABLES)
    return [row.name for table in tables for row in table.rows if row.name.startswith(_PREFIX)]
