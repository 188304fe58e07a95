"""The same application gives the same bytes, wherever and however it is built."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import esb_at, tree

EXAMPLE = Path(__file__).parents[2] / "examples/orders"
OF_ITS_OWN = {"secrets.env", ".env"}  # made of random bytes


def copied(target: Path, order: random.Random) -> Path:
    """The example, its files made in another order, so that the folder's listing differs where file systems let it."""
    files = sorted(path for path in EXAMPLE.rglob("*") if path.is_file() and ".esb" not in path.parts)
    order.shuffle(files)
    for path in files:
        (target / path.relative_to(EXAMPLE)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / path.relative_to(EXAMPLE))
    return target


def built(project: Path) -> dict[str, bytes]:
    assert esb_at(project, ["build"], {}).code == 0
    return artifacts(project)


def artifacts(project: Path) -> dict[str, bytes]:
    return {path: content for path, content in tree(project / ".esb").items() if path not in OF_ITS_OWN}


def test_two_folders_give_the_same_bytes_and_other_secrets(tmp_path: Path) -> None:
    one = copied(tmp_path / "here/orders", random.Random(1))
    two = copied(tmp_path / "some where/else/orders", random.Random(2))

    assert built(one) == built(two)
    assert (one / ".esb/secrets.env").read_text() != (two / ".esb/secrets.env").read_text()
    assert (one / "compose.yaml").read_text() == (two / "compose.yaml").read_text()


def test_no_artifact_names_a_folder_of_this_machine(tmp_path: Path) -> None:
    for path, content in built(copied(tmp_path / "orders", random.Random(1))).items():
        assert str(tmp_path).encode() not in content, path


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_hash_seed_changes_nothing(tmp_path: Path, seed: str) -> None:
    project = copied(tmp_path / "orders", random.Random(seed))
    command = [sys.executable, "-m", "esb_generator", "build"]
    subprocess.run(
        command,
        cwd=project,
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )

    assert artifacts(project) == built(copied(tmp_path / "again/orders", random.Random(1)))


def test_building_from_nothing_gives_what_building_on_top_gives(tmp_path: Path) -> None:
    project = copied(tmp_path / "orders", random.Random(1))
    wanted = built(project)
    template = (project / "template.yaml").read_text()
    (project / "template.yaml").write_text(template.replace("ReportFunction", "SummaryFunction"))
    assert built(project) != wanted
    (project / "template.yaml").write_text(template)

    assert built(project) == wanted
