"""Lines of esb.env that change nothing are warnings with their place."""

from __future__ import annotations

from pathlib import Path

from tests.generator.conftest import Esb

EFFECTIVE = """\
# COMPOSE_PROJECT_NAME=shop
ESB_BIND=192.0.2.7
export ESB_LOGS_PORT="19428"
ESB_REPLICAS_say_1hello=3
ESB_BUILD_IMAGE_PYTHON3_12=registry.lan/python:3.12
ESB_TOKEN_TIMEOUT=1
UV_IMAGE=registry.lan/uv:0.8.13
IMAGE_PREFIX=registry.lan/shop
OF_THE_OVERRIDE_FILE=1
"""


def test_the_settings_of_a_stack_are_no_warnings(project: Path, esb: Esb) -> None:
    (project / "esb.env").write_text(EFFECTIVE)
    assert esb("validate", "--strict").code == 0


def test_a_misspelt_setting_has_the_name_that_may_be_meant_and_others_the_place_for_them(
    project: Path, esb: Esb
) -> None:
    (project / "esb.env").write_text("\nESB_GATEWY_PORT=9090\nESB_NOTHING_LIKE_THAT=1\n")
    result = esb("validate")
    assert result.code == 0
    assert (
        "esb.env:2:1: warning: ESB_GATEWY_PORT is no setting and has no effect; did you mean ESB_GATEWAY_PORT?"
        in result.err
    )
    assert (
        "esb.env:3:1: warning: ESB_NOTHING_LIKE_THAT is no setting, and nothing gets it: a function has the variables "
        "of its Environment in the template, and compose.override.yaml those of .env beside it; docs/variables.md lists"
        in result.err
    )


def test_a_variable_that_compose_reads_before_this_file_belongs_elsewhere(project: Path, esb: Esb) -> None:
    """https://docs.docker.com/compose/how-tos/environment-variables/envvars/"""
    (project / "esb.env").write_text("COMPOSE_PROJECT_NAME=shop2\n")
    text = "esb.env:1:1: warning: COMPOSE_PROJECT_NAME has no effect here; set it in the shell, or in .env beside"
    assert text in esb("validate").err
    assert esb("build", "--strict").code == 1


def test_the_file_is_beside_the_folder_of_the_stack(project: Path, esb: Esb) -> None:
    (project / "deploy").mkdir()
    (project / "deploy/esb.env").write_text("ESB_GATEWY_PORT=9090\n")
    assert "esb.env" not in esb("build").err
    assert "deploy/esb.env:1:1: warning: ESB_GATEWY_PORT" in esb("build", "--output", "deploy/stack").err
