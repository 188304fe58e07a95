"""One stack with a function for each way to build that can be tried: each has a dependency, most have a layer."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from esb_generator.output.build_methods.images import glibc
from esb_generator.output.sources.elf import needed_glibc
from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

from . import sam_projects
from .conftest import NewStack, Stack, docker

APPLICATION = Path(__file__).parent / "apps/builds"
# With make and Go. SAM's image, the default, has make, but a machine without a registry has not got it.
MAKE = "golang:1-bookworm"
ANSWERS = {
    "PipFunction": {"own": "xn--4ca", "layer": "layered", "of_layer": "z", "module": 7},
    "UvFunction": {"own": "a", "dev": False},
    "NodeFunction": {"own": 60000, "layer": "layered", "of_layer": 1},
    "TypeScriptFunction": {"own": 60000, "of_layer": 1},
    "MakeFunction": {"layer": "layered", "rules": "of the settings"},
    "GoFunction": {"layer": "layered", "rules": ""},
    "RustFunction": {"layer": "layered", "own": 7},
    "JavaFunction": {"own": "Seven", "layer": "layered"},
    "OlderNodeFunction": {"own": 60000, "layer": "layered", "of_layer": 1},
    "OlderJavaFunction": {"own": "Seven", "layer": "layered"},
    "OlderGoFunction": {"layer": "layered"},
}

INSTALLATION = 240.0  # seconds for packages from their registries, on a busy machine
# SAM's hello-world projects that run here, with their runtimes: nested stacks of the same application.
HELLO_WORLDS = {"python": "python3.12", "nodejs": "nodejs22.x", "golang": "provided.al2023", "java-maven": "java21"}


@pytest.fixture(scope="module")
def stack(new_stack: NewStack) -> Iterator[Stack]:
    """Built with settings, and up."""
    made = new_stack(APPLICATION)
    if sam_projects.is_here():
        add_hello_worlds(made.folder, HELLO_WORLDS)
    settings = made.folder / "build.env"
    settings.write_text("# for builds\nRULES=of the settings\nTOKEN=hush-hush\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESB_BUILD_IMAGE_MAKEFILE", MAKE)
        patch.setenv("ESB_BUILD_SETTINGS", str(settings))
        made.build()
        made.up()
        yield made
    made.down()


@pytest.mark.parametrize("function", ANSWERS)
def test_what_is_built_in_an_image_answers(stack: Stack, function: str) -> None:
    answer: Any = stack.invoke(function, {})

    assert answer == ANSWERS[function]


def add_hello_worlds(folder: Path, kinds: Mapping[str, str]) -> None:
    """Write the projects into the folder, and add them to its template."""
    with (folder / "template.yaml").open("a") as template:
        for kind, runtime in kinds.items():
            sam_projects.write_project(folder / kind, kind, runtime)
            template.write(f"  {nested(kind)}:\n    Type: AWS::Serverless::Application\n")
            template.write(f"    Properties: {{Location: {kind}/template.yaml}}\n")


def nested(kind: str) -> str:
    return f"Hello{kind.title().replace('-', '')}"


@pytest.mark.parametrize("kind", HELLO_WORLDS)
def test_a_hello_world_of_sam_answers(stack: Stack, kind: str) -> None:
    sam_projects.skip_without_package()
    called = stack.client("lambda").invoke(FunctionName=f"{nested(kind)}-HelloWorldFunction", Payload=b"{}")
    check_hello_world(kind, json.loads(called["Payload"].read()))


def check_hello_world(kind: str, answer: Any) -> None:
    if kind in ("python", "nodejs"):
        assert {**answer, "body": json.loads(answer["body"])} == {"statusCode": 200, "body": {"message": "hello world"}}
    else:  # it asks a server on the internet for its address, which need not be reached
        assert not answer.get("errorType", "").startswith("Runtime."), answer


# By kind, the runtime and the programs that have to be on PATH to build it and to run it.
EMBEDDED = {
    "python": ("python3.12", ()),
    "nodejs": ("nodejs22.x", ("node", "npm")),
    "golang": ("provided.al2023", ("go",)),
    "java-maven": ("java17", ("java", "mvn")),
}


@pytest.mark.thorough
def test_the_hello_worlds_of_sam_answer_without_docker(tmp_path: Path) -> None:
    sam_projects.skip_without_package()
    kinds = {kind: runtime for kind, (runtime, programs) in EMBEDDED.items() if all(map(shutil.which, programs))}
    (tmp_path / "template.yaml").write_text("Transform: AWS::Serverless-2016-10-31\nResources:\n")
    add_hello_worlds(tmp_path, kinds)
    build = [sys.executable, "-m", "esb_generator", "build"]
    subprocess.run(build, cwd=tmp_path, capture_output=True, check=True)
    gateway = LocalGateway(tmp_path / ".esb")
    try:
        until(lambda: "s3" in gateway.addresses or gateway.process.poll() is not None, INSTALLATION)
        gateway.ready()
        answers = {kind: gateway.invoke(f"{nested(kind)}-HelloWorldFunction", {}) for kind in kinds}
    finally:
        gateway.end()

    for kind, answer in answers.items():
        check_hello_world(kind, answer)


def test_what_is_built_asks_for_no_newer_glibc_than_the_runtime_has(stack: Stack) -> None:
    functions = yaml.safe_load((stack.folder / ".esb/config/functions.yml").read_text())["functions"]
    containers = stack.containers()
    asked = {
        (function, path): needed
        for function in ANSWERS
        for folder in ("/var/task", "/opt")
        for path, content in files_of(containers[function], folder)
        if (needed := needed_glibc(content)) is not None
    }

    assert ("RustFunction", "task/bootstrap") in asked  # of the others, Go's programs are static
    assert {key: needed for key, needed in asked.items() if needed > glibc(functions[key[0]]["runtime"])} == {}


def files_of(container: str, folder: str) -> Iterator[tuple[str, bytes]]:
    """The files of a folder in a container, with paths that begin with the folder's name."""
    done = subprocess.run(["docker", "cp", f"{container}:{folder}", "-"], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            if (content := archive.extractfile(member) if member.isfile() else None) is not None:
                yield member.name, content.read()


def test_an_unchanged_source_builds_nothing_again(stack: Stack) -> None:
    def images() -> set[str]:
        found = docker("image", "ls", "--no-trunc", "--quiet", "--filter", f"reference={stack.project}/*")
        return set(found.split())

    before = images()
    stack.build()
    done = stack.compose("build", *ANSWERS)

    assert done.returncode == 0, done.stderr
    assert images() == before


def test_no_image_has_the_settings_of_builds(stack: Stack) -> None:
    image = docker("inspect", "--format", "{{.Image}}", stack.containers()["MakeFunction"]).strip()
    script = "echo hush- > /tmp/control; grep -rl hush- /run /tmp /var /opt /root || true"
    found = docker("run", "--rm", "--entrypoint", "sh", image, "-c", script)

    assert "hush-hush" not in docker("image", "inspect", image) + docker("image", "history", "--no-trunc", image)
    assert found.split() == ["/tmp/control"]
