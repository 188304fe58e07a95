"""The first steps of a new user, each once or a few times: install, init, build, and the first answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import uv

from bench.errors import Unavailable
from bench.goals import Finding
from bench.parts.builds import application, esb_build, from_nothing, sam_build, wall
from bench.peers import ROOT, python_peer, version_of
from bench.processes import answers, finished, on_free_ports, serving
from bench.run import ESB, Run, measure_interleaved, optional
from bench.sam_api import TEMPLATE, no_containers_left, sam_image

SAM = "SAM CLI"
HANDLER = 'def handler(event, context):\n    return {"statusCode": 200, "body": "hello"}\n'
INIT = (
    *("--no-interactive", "--name", "shop", "--app-template", "hello-world"),
    *("--runtime", "python3.12", "--dependency-manager", "pip"),
)


def measure(run: Run) -> Iterator[Finding]:
    """SAM CLI's `init` clones its templates from GitHub, and its `local` needs an image of AWS."""
    yield _once(
        "install, with packages from the index",
        partial(_install, run, "esb", str(ROOT)),
        partial(_install, run, "sam", f"aws-sam-cli=={_version_of_sam()}"),
    )
    yield _once("init", partial(_esb_init, run), partial(_sam_init, run))
    small = application(run, 1)
    builds = {ESB: esb_build(run, small), SAM: sam_build(run, small)}
    measured = measure_interleaved(run.pairs, {side: from_nothing(small, build) for side, build in builds.items()})
    yield measured.finding("build", "s", wall, (ESB, SAM))
    folder = _hello(run)
    with ExitStack() as stack:
        with suppress(Unavailable):  # without the image, SAM CLI's row says what is missing
            stack.enter_context(sam_image(folder))
        sides = {ESB: partial(_esb_local, run, folder), SAM: partial(_sam_local, run, folder)}
        started = measure_interleaved(1 if run.quick else 3, sides)
    what = "first answer: from the start of esb-gateway local, and sam local start-api"
    yield started.finding(what, "s", float, (ESB, SAM))


def _once(what: str, ours: Callable[[], float], theirs: Callable[[], float]) -> Finding:
    """A step that nobody does twice. Ours must be possible: its Unavailable is raised."""
    here = ours()
    absent: dict[str, str] = {}
    there = optional(theirs, SAM, absent)
    return Finding(what, "s", (here,), SAM, () if there is None else (there,), absent=absent.get(SAM, ""))


def _install(run: Run, name: str, requirement: str) -> float:
    """`uv tool install` without a cache."""
    places = {"UV_TOOL_DIR": str(run.folder / f"tools-{name}"), "UV_TOOL_BIN_DIR": str(run.folder / f"bin-{name}")}
    command = [uv.find_uv_bin(), "tool", "install", "--quiet", "--no-cache", "--python", "3.11", requirement]
    return finished(command, run.folder, {**os.environ, **places}).wall


def _version_of_sam() -> str:
    pins = (ROOT / "requirements/bench-sam.txt").read_text(encoding="utf-8")
    return pins.partition("aws-sam-cli==")[2].split()[0]


def _esb_init(run: Run) -> float:
    return finished([run.command("esb"), "init", "shop", "--no-input"], run.folder, run.environment()).wall


def _sam_init(run: Run) -> float:
    folder = run.folder / "sam-init"
    folder.mkdir(exist_ok=True)
    return finished([_sam(run), "init", *INIT], folder, _sam_environment(run), most=120).wall


def _hello(run: Run) -> Path:
    """A route and its function, built."""
    folder = run.folder / "hello"
    (folder / "src").mkdir(parents=True)
    (folder / "src/app.py").write_text(HANDLER)
    (folder / "template.yaml").write_text(TEMPLATE)
    finished([run.command("esb"), "build"], folder, run.environment())
    return folder


def _esb_local(run: Run, folder: Path) -> float:
    return _first_answer([run.command("esb-gateway"), "local"], folder, run.environment())


def _sam_local(run: Run, folder: Path) -> float:
    command = [_sam(run), "local", "start-api", "--skip-pull-image"]
    with no_containers_left():
        return _first_answer(command, folder, _sam_environment(run))


def _first_answer(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    @contextmanager
    def start(port: int) -> Iterator[float]:
        begin = time.perf_counter()
        with serving([*command, "--port", str(port)], folder, environment, answers(port, "/hello")):
            yield time.perf_counter() - begin

    with on_free_ports(1, start) as seconds:
        return seconds


def _sam(run: Run) -> str:
    home = python_peer("sam")
    run.versions.add(version_of(home, "aws-sam-cli"))
    return str(home / "bin/sam")


def _sam_environment(run: Run) -> dict[str, str]:
    environment = run.environment(SAM_CLI_TELEMETRY="0", AWS_DEFAULT_REGION="us-east-1")
    if "DOCKER_HOST" in os.environ:
        environment["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
    return environment
