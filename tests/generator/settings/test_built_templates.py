"""The folder of the sources of a template that another tool wrote; it gives a stack its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_generator.settings.built_templates import source_folder


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("shop/template.yaml", "shop"),
        ("shop/.aws-sam/build/template.yaml", "shop"),
        ("shop/.aws-sam/build/Nested/template.yaml", "shop"),
        ("shop/cdk.out/A.template.json", "shop"),
        ("shop/cdk.out", "shop"),
        ("shop/cdk.out/assembly-Prod/A.template.json", "shop"),
        ("web/template.yaml", "web"),
    ],
)
def test_the_folder_of_the_sources(tmp_path: Path, template: str, folder: str) -> None:
    stage = tmp_path / "shop/cdk.out/assembly-Prod"
    stage.mkdir(parents=True)
    (stage / "cdk.out").touch()
    (tmp_path / "web").mkdir()
    (tmp_path / "web/manifest.json").touch()  # of a web application

    assert source_folder(tmp_path / template) == tmp_path / folder


def test_the_current_folder_may_be_that_of_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop/.aws-sam/build").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "shop/.aws-sam/build")

    assert source_folder(Path("template.yaml")).resolve() == tmp_path / "shop"


@pytest.mark.parametrize(
    ("here", "template"),
    [
        ("cdk.out", "A.template.json"),
        ("cdk.out", "."),
        ("cdk.out/assembly-Prod", "A.template.json"),
        ("cdk.out/assembly-Prod", "../A.template.json"),
    ],
)
def test_the_current_folder_may_be_in_the_output_of_the_cdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str, template: str
) -> None:
    for folder in (tmp_path / "shop/cdk.out/assembly-Prod", tmp_path / "shop/cdk.out"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cdk.out").touch()
    monkeypatch.chdir(tmp_path / "shop" / here)

    assert source_folder(Path(template)).resolve() == tmp_path / "shop"
