"""The same fixtures as the reading of templates has."""

from __future__ import annotations

from tests.generator.cloudformation.conftest import collector, reader

__all__ = ["collector", "reader"]
