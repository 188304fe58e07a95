"""The texts that Docker reads."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esb_generator import compose
from esb_generator.model import Application, FolderCode, Function
from esb_generator.values import Mark

APPLICATION = Application("Orders.Shop", "eu-central-1", "123456789012")


def stack() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(compose.stack(APPLICATION, {"provisioner": "0123456789abcdef"}))
    return loaded


def function(runtime: str, handler: str = "app.handler") -> Function:
    return Function("f", "F", Mark("t", 1, 1), FolderCode("."), handler=handler, runtime=runtime)


@pytest.mark.parametrize(
    ("runtime", "image"),
    [
        ("python3.12", "python:3.12"),
        ("nodejs20.x", "nodejs:20"),
        ("java21", "java:21"),
        ("java8.al2", "java:8.al2"),
        ("ruby3.3", "ruby:3.3"),
        ("dotnet8", "dotnet:8"),
        ("provided.al2023", "provided:al2023"),
        ("provided.al2", "provided:al2"),
    ],
)
def test_a_runtime_runs_in_the_image_of_aws(runtime: str, image: str) -> None:
    assert compose.base_image(runtime) == f"public.ecr.aws/lambda/{image}"


@pytest.mark.parametrize(
    ("runtime", "files", "command"),
    [
        ("python3.12", {"app.py", "requirements.txt"}, "pip install"),
        ("nodejs20.x", {"app.js", "package.json"}, "npm install"),
        ("nodejs20.x", {"app.js", "package.json", "package-lock.json"}, "npm ci"),
        ("ruby3.3", {"app.rb", "Gemfile"}, "bundle install"),
    ],
)
def test_dependencies_are_installed_by_what_the_code_folder_holds(runtime: str, files: set[str], command: str) -> None:
    assert command in compose.function_dockerfile(function(runtime), files, has_layers=False)


def test_without_a_manifest_nothing_is_installed() -> None:
    dockerfile = compose.function_dockerfile(function("python3.12"), {"app.py", "package.json"}, has_layers=False)

    assert [line.split()[0] for line in dockerfile.splitlines() if line] == ["FROM", "COPY", "CMD"]


def test_layers_come_before_the_code() -> None:
    dockerfile = compose.function_dockerfile(function("python3.12"), {"app.py"}, has_layers=True)

    assert dockerfile.index("COPY layers/") < dockerfile.index("COPY code/")


def test_a_handler_with_quotes_stays_one_word() -> None:
    dockerfile = compose.function_dockerfile(function("provided.al2023", 'a"b'), set(), has_layers=False)

    assert dockerfile.splitlines()[-1] == r'CMD ["a\"b"]'


def test_the_provisioner_waits_for_servers_that_answer() -> None:
    provisioner = stack()["services"]["provisioner"]

    assert provisioner["depends_on"] == {
        "database": {"condition": "service_healthy"},
        "s3-storage": {"condition": "service_healthy"},
    }
    assert provisioner["environment"]["DYNAMODB_ENDPOINT"] == "http://database:8000"
    assert provisioner["environment"]["S3_ENDPOINT"] == "http://s3-storage:9000"
    assert provisioner["environment"]["AWS_DEFAULT_REGION"] == "eu-central-1"


def test_a_missing_resources_file_is_an_error_and_not_an_empty_folder() -> None:
    (mount,) = stack()["services"]["provisioner"]["volumes"]

    assert mount == {
        "type": "bind",
        "source": "./config/resources.yml",
        "target": "/app/config/resources.yml",
        "read_only": True,
        "bind": {"create_host_path": False},
    }


def test_every_published_port_is_on_the_loopback_interface_unless_asked() -> None:
    ports = [port for service in stack()["services"].values() for port in service.get("ports", ())]

    assert len(ports) == 3
    assert all(port.startswith("${ESB_BIND:-127.0.0.1}:") for port in ports)


def test_images_of_ours_carry_their_content_hash() -> None:
    assert stack()["services"]["provisioner"]["image"] == (
        "${IMAGE_PREFIX:-esb}/provisioner:${IMAGE_TAG:-0123456789abcdef}"
    )


def test_data_outlives_the_containers() -> None:
    services, volumes = stack()["services"], stack()["volumes"]

    assert set(volumes) == {"database", "s3-storage", "victorialogs"}
    assert all(services[name]["volumes"][0].startswith(f"{name}:/") for name in volumes)


def test_nothing_keeps_two_projects_from_living_side_by_side() -> None:
    assert stack()["name"] == "orders-shop"
    assert not any("container_name" in service for service in stack()["services"].values())


def test_the_project_includes_the_stack() -> None:
    included = yaml.safe_load(compose.include("orders", ".esb"))

    assert included == {"name": "orders", "include": [".esb/docker-compose.yml"]}


@pytest.mark.parametrize(
    ("stack_name", "project"), [("Orders", "orders"), ("a.b c", "a-b-c"), ("--", "esb"), ("Ω", "esb")]
)
def test_a_project_name_is_one_that_compose_takes(stack_name: str, project: str) -> None:
    assert compose.project_name(stack_name) == project
