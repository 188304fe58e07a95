"""Objects by name, for tables whose rows are imported on demand: most runs of a program use few of them.

tests/test_architecture.py takes each text `package.module:name` for an import of the module, and
tests/test_entry_points.py has the type of each object.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load_object(name: str) -> Any:
    """The object of `package.module:name`, as in an entry point of a distribution.

    https://packaging.python.org/en/latest/specifications/entry-points/
    """
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
