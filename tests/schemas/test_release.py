"""The release says the number that every distribution has."""

from __future__ import annotations

import tomllib
from pathlib import Path

from esb_schemas.release import NUMBER

ROOT = Path(__file__).resolve().parents[2]


def test_every_distribution_has_the_number_of_the_release() -> None:
    members = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    versions = {m: tomllib.loads((ROOT / m / "pyproject.toml").read_text())["project"]["version"] for m in members}
    assert versions == dict.fromkeys(members, NUMBER)
