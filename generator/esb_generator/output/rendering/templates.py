"""The Jinja environment of the templates of esb_compose_templates."""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import jinja2

import esb_compose_templates


class Compiled(jinja2.FileSystemBytecodeCache):
    """Compiled templates in the __pycache__ beside them, if that can be written, as Python does with its modules.

    Compiling them in each build would take 17 % of a small build's CPU time, and 11 % with 200 functions.
    """

    def __init__(self, folder: Path, *, writes: bool) -> None:
        super().__init__(str(Path(importlib.util.cache_from_source(str(folder / "templates.py"))).parent))
        self._writes = writes

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if self._writes:
            with suppress(OSError):
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)


@functools.cache
def environment(**functions: Callable[..., str]) -> jinja2.Environment:
    """The environment in which templates can use these functions, also as filters."""
    made = jinja2.Environment(  # noqa: S701  (no HTML)
        loader=jinja2.FileSystemLoader(esb_compose_templates.FOLDER),
        bytecode_cache=Compiled(esb_compose_templates.FOLDER, writes=not sys.dont_write_bytecode),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(functions)
    made.globals.update(functions)
    return made
