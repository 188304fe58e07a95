"""samconfig.toml and its YAML form."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_generator.errors import BuildError
from esb_generator.settings.samconfig import Samconfig, find, place_of, read

TOML = """\
version = 0.1
[default.global.parameters]
stack_name = "orders"
region = "eu-west-1"
[default.build.parameters]
template_file = "app/template.yaml"
parameter_overrides = "Stage=dev Price=1.10"
cached = true
[default.deploy.parameters]
region = "us-east-2"
parameter_overrides = ["Stage=prod", "Domain='a b'"]
[prod.deploy.parameters]
stack_name = "orders-prod"
parameter_overrides = {Zones = ["a", "b"], Big = true, Price = 1.10}
"""
YAML = """\
version: 0.1
default:
  global: {parameters: {stack_name: orders}}
  deploy: {parameters: {parameter_overrides: {Stage: 012, Empty: null}}}
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_build_wins_over_global_over_deploy(tmp_path: Path) -> None:
    path = written(tmp_path, "samconfig.toml", TOML)
    assert read(path) == Samconfig(
        file=path,
        template_file="app/template.yaml",
        stack_name="orders",
        region="eu-west-1",
        parameter_overrides={"Stage": "dev", "Domain": "a b", "Price": "1.10"},
    )


def test_another_environment_has_its_own_parameters(tmp_path: Path) -> None:
    config = read(written(tmp_path, "samconfig.toml", TOML), environment="prod")
    assert config.stack_name == "orders-prod"
    assert config.parameter_overrides == {"Zones": "a,b", "Big": "True", "Price": "1.10"}


def test_samconfig_may_be_yaml(tmp_path: Path) -> None:
    config = read(written(tmp_path, "samconfig.yaml", YAML))
    assert (config.stack_name, config.parameter_overrides) == ("orders", {"Stage": "012", "Empty": ""})


def test_the_first_file_of_the_first_folder_is_found(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    written(far, "samconfig.toml", "")
    assert find([near, far]) == far / "samconfig.toml"
    written(near, "samconfig.yml", "")
    assert find([near, far]) == near / "samconfig.yml"
    assert find([tmp_path]) is None


def test_values_from_a_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "values.yaml", "Stage: from-file\n")
    path = written(
        tmp_path, "samconfig.toml", '[default.build.parameters]\nparameter_overrides = "file://values.yaml"\n'
    )
    assert read(path).parameter_overrides == {"Stage": "from-file"}


@pytest.mark.parametrize(
    ("text", "environment", "sentence"),
    [
        ("a = ", "default", "this is not TOML"),
        ("[default.build.parameters]", "prd", "there is no environment prd"),
        ("[prod.build.parameters]", "prd", "did you mean prod?"),
        ("[default]\nbuild = 5", "default", "default.build must be a table"),
        ("[default.build]\nparameters = 5", "default", "default.build.parameters must be a table"),
        ("[default.build.parameters]\nregion = 5", "default", "region of build must be text"),
        (
            "[default.build.parameters]\nparameter_overrides = 5",
            "default",
            "default.build: parameter overrides: 5 is not",
        ),
    ],
)
def test_what_is_wrong_names_the_file(tmp_path: Path, text: str, environment: str, sentence: str) -> None:
    path = written(tmp_path, "samconfig.toml", text)
    with pytest.raises(BuildError) as raised:
        read(path, environment=environment)
    assert str(raised.value).startswith(f"{path}: ")
    assert sentence in str(raised.value)


def test_a_file_without_environments_says_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "samconfig.toml", "version = 0.1\n")
    assert read(path) == Samconfig(file=path)


def test_yes_in_yaml_is_text_as_for_sam_cli(tmp_path: Path) -> None:
    text = "default: {build: {parameters: {parameter_overrides: {Q: yes, On: true}}}}\n"

    config = read(written(tmp_path, "samconfig.yaml", text))

    assert config.parameter_overrides == {"Q": "yes", "On": "True"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[default.build.parameters]\nparameter_overrides = "A=1 Stage=dev"\n', "2:28"),
        (
            '[default.build.parameters]\nparameter_overrides = [\n  "ParameterKey=Stage,ParameterValue=dev"]\n',
            "3:17",
        ),
        ("[default.build.parameters.parameter_overrides]\nA = 1\nStage = 'dev'\n", "3:1"),
        ('[default.build.parameters]\nparameter_overrides = "file://values.yaml"\n', "1:1"),
    ],
)
def test_the_place_of_a_parameter(tmp_path: Path, text: str, place: str) -> None:
    written(tmp_path, "values.yaml", "Stage: dev\n")
    path = written(tmp_path, "samconfig.toml", text)

    assert str(place_of(read(path), "Stage")) == f"{path.as_posix()}:{place}"
