"""The texts that the generator renders: the Compose stack and the Dockerfiles of functions."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
# The templates lie inside the package in a wheel, and beside it in the source tree.
FOLDER = next(folder for folder in (_HERE, _HERE.parent) if (folder / "docker-compose.yml.j2").is_file())
