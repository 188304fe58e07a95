"""The templates of esb_compose_templates, rendered by Jinja."""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import jinja2

import esb_compose_templates
from esb_generator.output.compose_values import text


def render(template: str, values: Mapping[str, object]) -> str:
    """A template's text; a value that it asks for and that is not there raises jinja2.UndefinedError."""
    return _environment().get_template(template).render(values)


class Compiled(jinja2.FileSystemBytecodeCache):
    """The templates of a folder as Python keeps code that it has compiled: in __pycache__, if it may write there.

    To compile them anew takes a tenth of a small build.
    """

    def __init__(self, folder: Path, *, writes: bool) -> None:
        super().__init__(str(Path(importlib.util.cache_from_source(str(folder / "templates.py"))).parent))
        self._writes = writes

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Best effort, as Python's."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Best effort, as Python's."""
        if self._writes:
            with suppress(OSError):
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701  (no HTML)
        loader=jinja2.FileSystemLoader(esb_compose_templates.FOLDER),
        bytecode_cache=Compiled(esb_compose_templates.FOLDER, writes=not sys.dont_write_bytecode),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["text"] = text
    return environment
