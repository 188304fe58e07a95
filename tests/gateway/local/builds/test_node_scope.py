"""A package.json above the output folder says nothing about functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.builds.node_scope import separate


@pytest.mark.parametrize(
    ("above", "written"),
    [('{"type": "module"}', True), ('{"name": "shop"}', False), ("{", False), ("[" * 100_000, False), (None, False)],
)
def test_the_type_of_the_project_is_kept_away(above: str | None, written: bool, tmp_path: Path) -> None:
    root = tmp_path / "project/.esb"
    root.mkdir(parents=True)
    if above is not None:
        (root.parent / "package.json").write_text(above)
    for _ in range(2):
        separate(root)
    assert [path.name for path in root.iterdir()] == (["package.json"] if written else [])
    if written:
        assert "type" not in json.loads((root / "package.json").read_text())


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / ".esb"
    root.mkdir()
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (root / "package.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="is a link"):
        separate(root)
    assert not (tmp_path / "elsewhere").exists()
