"""The same application by `docker stack deploy`, on a swarm of this machine alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from .conftest import HERE, NewStack, Stack, docker, in_swarm, make_swarm, wait_for
from .test_functions import VALUES

ROUTE = """
        Also:
          Type: HttpApi
          Properties: {Method: POST, Path: "/tasks/{id}"}
"""


@pytest.fixture(scope="module")
def swarm() -> Iterator[None]:
    if in_swarm():
        yield  # a swarm of someone's is used, and left as it is
        return
    make_swarm()
    yield
    docker("swarm", "leave", "--force")


@pytest.fixture(scope="module")
def deployed(swarm: None, new_stack: NewStack) -> Iterator[Stack]:
    stack = new_stack(HERE / "apps/probe")
    stack.build("--strict")
    deploy(stack)
    yield stack
    docker("stack", "rm", stack.project)
    label = f"label=com.docker.stack.namespace={stack.project}"
    wait_for(lambda: not docker("ps", "--all", "--quiet", "--filter", label).strip())
    wait_for(lambda: not docker("network", "ls", "--quiet", "--filter", label).strip())
    wait_for(lambda: removed(docker("volume", "ls", "--quiet", "--filter", label).split()))


def removed(volumes: list[str]) -> bool:
    """Whether all could be removed: a container that has just ended holds its volumes for a moment."""
    done = subprocess.run(["docker", "volume", "rm", *volumes], capture_output=True, check=False)
    return not volumes or done.returncode == 0


def deploy(stack: Stack) -> None:
    """As docs/compose.md has it: images, then the variables of .env, then the stack."""
    built = stack.compose("build")
    assert built.returncode == 0, built.stderr
    variables = "set -a; . .esb/.env; . ./esb.env; set +a"
    script = f'{variables}; docker stack deploy --resolve-image never --detach=true -c "$FILE" "$PROJECT"'
    node = docker("info", "--format", "{{.Name}}").strip()
    (stack.folder / "esb.env").write_text(f"ESB_DATA_NODE={node}\nESB_REPLICAS_worker=3\n")
    environment = {**stack.environment(), "FILE": file_of(stack), "PROJECT": stack.project}
    command = ["sh", "-c", script]
    done = subprocess.run(command, cwd=stack.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def file_of(stack: Stack) -> str:
    """docker-stack.yml; where images are replaced, a copy that has the others: Swarm would join lists."""
    override = os.environ.get("ESB_E2E_OVERRIDE")
    if not override:
        return ".esb/docker-stack.yml"
    document = yaml.safe_load((stack.folder / ".esb/docker-stack.yml").read_text())
    for service, other in yaml.safe_load((stack.folder / "compose.override.yaml").read_text())["services"].items():
        document["services"][service].update(other)
    (stack.folder / ".esb/replaced.yml").write_text(yaml.safe_dump(document))
    return ".esb/replaced.yml"


def test_a_request_is_answered_and_its_work_is_in_the_table(deployed: Stack) -> None:
    wait_for(lambda: deployed.request("POST", "/jobs/first").status == 200, 180)

    seen = deployed.invoke(
        "probe", {"look_at": "function", "name": "worker", "type": "RequestResponse", "payload": {"id": "x"}}
    )

    assert seen["answer"] == {"id": "x"}


def test_values_arrive_unchanged_here_too(deployed: Stack) -> None:
    assert deployed.invoke("probe", {"look_at": "environment", "names": list(VALUES)}) == VALUES


def test_an_image_of_ones_own_has_the_supervisor_here_too(deployed: Stack) -> None:
    assert deployed.invoke("custom", {"a": 1}) == {"greeting": "it's $5", "event": {"a": 1}}
    assert deployed.invoke("own-script", {})["code"] == "NotInThisStack"


def test_three_replicas_take_part_and_a_new_route_is_answered_by_them(deployed: Stack) -> None:
    template = deployed.folder / "template.yaml"
    template.write_text(template.read_text().replace("  Hasty:", ROUTE.lstrip("\n") + "  Hasty:", 1))
    deployed.build()

    deploy(deployed)

    wait_for(lambda: deployed.request("POST", "/tasks/second").status == 200, 120)
    # A deploy sets the number of replicas: three, as esb.env says, also the second time.
    replicas = docker(
        "service", "inspect", "--format", "{{.Spec.Mode.Replicated.Replicas}}", f"{deployed.project}_worker"
    )
    assert replicas.strip() == "3"


def test_a_deploy_that_does_not_say_where_the_data_is_is_refused(deployed: Stack) -> None:
    """It would start servers with empty volumes when their node is lost."""
    script = f"set -a; . .esb/.env; set +a; docker stack deploy -c {file_of(deployed)} {deployed.project}"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=deployed.folder,
        env=deployed.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "ESB_DATA_NODE" in done.stderr
    assert "docker node ls" in done.stderr
