"""How the folder that `cdk synth` writes is found, and which stacks it has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from esb_generator.cdk.assembly import CdkStack, find_assembly, stacks
from esb_generator.errors import BuildError

STACK = "aws:cloudformation:stack"


def assembly(folder: Path, artifacts: dict[str, tuple[str, dict[str, object]]]) -> Path:
    folder.mkdir(parents=True)
    (folder / "cdk.out").write_text('{"version": "48.0.0"}')
    listed = {name: {"type": type_, "properties": properties} for name, (type_, properties) in artifacts.items()}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": listed}))
    return folder


def test_a_stack_is_called_as_the_manifest_says_or_as_its_template(tmp_path: Path) -> None:
    found = assembly(
        tmp_path / "out",
        {
            "A1": (STACK, {"templateFile": "A1.template.json", "stackName": "Orders"}),
            "B": (STACK, {"templateFile": "B.template.json"}),
            "Tree": ("cdk:tree", {"file": "tree.json"}),
        },
    )

    assert stacks(found) == [CdkStack("Orders", "A1.template.json"), CdkStack("B", "B.template.json")]


def test_the_stacks_of_a_stage_lie_in_its_folder(tmp_path: Path) -> None:
    outer = assembly(tmp_path / "out", {"Prod": ("cdk:cloud-assembly", {"directoryName": "assembly-Prod"})})
    assembly(outer / "assembly-Prod", {"A": (STACK, {"templateFile": "A.template.json"})})

    assert stacks(outer) == [CdkStack("A", "assembly-Prod/A.template.json")]


def test_a_stage_that_contains_itself_ends(tmp_path: Path) -> None:
    folder = assembly(tmp_path / "out", {"Loop": ("cdk:cloud-assembly", {"directoryName": "."})})

    with pytest.raises(BuildError, match="more than 10 stages deep"):
        stacks(folder)


@pytest.mark.parametrize("path", [5, "/etc", "..", "../other", "a/../../other"])
@pytest.mark.parametrize(("type_", "key"), [(STACK, "templateFile"), ("cdk:cloud-assembly", "directoryName")])
def test_a_manifest_names_nothing_outside_its_folder(tmp_path: Path, type_: str, key: str, path: object) -> None:
    folder = assembly(tmp_path / "out", {"A": (type_, {key: path})})

    with pytest.raises(BuildError, match=rf"manifest\.json:1:\d+: {key} must be a path below the folder; run"):
        stacks(folder)


def test_the_output_folder_may_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "node app.js", "output": "build/cdk"}')
    assembly(tmp_path / "build/cdk", {})

    assert find_assembly(tmp_path) == tmp_path / "build/cdk"


def test_a_folder_without_a_cdk_application_has_none(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")

    assert find_assembly(tmp_path) is None
