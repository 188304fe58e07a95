"""A site without ESB and without a network: bundles are loaded, updated and rolled back with Docker alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tests.documents import scenario

from .conftest import HERE, NewStack, wait_for
from .polling import WHILE_IT_STARTS_ANEW, polling


def test_a_bundle_is_loaded_updated_and_rolled_back(new_stack: NewStack, tmp_path: Path) -> None:
    """By the commands of docs/compose.md, with another folder for the site."""
    stack = new_stack(HERE / "apps/tiny")
    load, roll_back = scenario("bundle")
    here = dataclasses.replace(stack, folder=tmp_path / "site")
    stack.build()
    stack.up()  # on ports that are free
    override = stack.folder / "compose.override.yaml"
    shell = stack.shell()
    shell.replace["/srv/shop"] = str(here.folder)
    if override.exists():
        shell.replace[f"cd {here.folder}"] = f"cp {override} {here.folder} && cd {here.folder}"

    shell.run(load)
    assert (stack.folder / "shop.tar").stat().st_mode & 0o777 == 0o600
    wait_for(lambda: here.request("GET", "/hello").text == "hello")

    code = next(stack.folder.glob("src/**/*.py"))
    code.write_text(code.read_text().replace("hello", "welcome"))
    with polling(here) as answers:
        shell.folder = stack.folder
        shell.run(load)
        wait_for(lambda: here.request("GET", "/hello").text == "welcome")

        shell.folder = stack.folder
        shell.run(roll_back)
        wait_for(lambda: here.request("GET", "/hello").text == "hello")

    assert set(answers.statuses) <= WHILE_IT_STARTS_ANEW
    here.down()
