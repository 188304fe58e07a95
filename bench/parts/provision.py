"""100 tables and 100 buckets, created and then checked again: whole processes against servers in memory."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.errors import Unavailable
from bench.goals import Finding, ratio_at_most
from bench.ministack import URL as MINISTACK_URL
from bench.ministack import ministack
from bench.parts.builds import cpu, wall
from bench.peers import python_peer, version_of
from bench.processes import Usage, finished, has_printed_port, printed_port, serving
from bench.run import ESB, Comparison, Run, measure_interleaved

EACH = 100
SCRIPT = Path(__file__).parents[1] / "plain_boto3.py"
PLAIN = "plain boto3 in 16 threads"
ON_MOTO, ON_MINISTACK = "aws cloudformation deploy on moto", "aws cloudformation deploy on MiniStack"


def measure(run: Run) -> Iterator[Finding]:
    resources = write_resources(run.folder)
    with moto(run) as url:
        ours, plain = _provision(run, resources, url), _plain(run, resources, url)
        empty = partial(_empty, url)
        fresh = measure_interleaved(run.pairs, {ESB: _after(empty, ours), PLAIN: _after(empty, plain)})
        again = measure_interleaved(run.pairs, {ESB: ours, PLAIN: plain})
        deployed = _cloudformation(run, url, empty, ours)
    for name, measured, most in (("fresh", fresh, 1.25), ("again", again, 1.0)):
        yield measured.finding(f"{name}: wall time", "s", wall, (ESB, PLAIN), ratio_at_most(most))
        yield measured.finding(f"{name}: CPU", "s", cpu, (ESB, PLAIN))
    yield deployed
    yield _on_ministack(run, resources)


def compare(revisions: Comparison) -> Iterator[Finding]:
    with moto(revisions.runs[ESB]) as url:
        sides = {side: _provision(run, write_resources(run.folder), url) for side, run in revisions.runs.items()}
        empty = partial(_empty, url)
        fresh = revisions.measure({side: _after(empty, provision) for side, provision in sides.items()})
        again = revisions.measure(sides)
        for name, measured in (("fresh", fresh), ("again", again)):
            yield revisions.finding(measured, f"{name}: wall time", "s", wall)
            yield revisions.finding(measured, f"{name}: CPU", "s", cpu)


@contextmanager
def moto(run: Run) -> Iterator[str]:
    """The URL of a moto server."""
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"]
    with serving(command, run.folder, run.environment(), has_printed_port) as server:
        yield f"http://127.0.0.1:{printed_port(server)}"


def write_resources(folder: Path) -> Path:
    """Write resources.yml with EACH tables and buckets, and a CloudFormation template of the same beside it."""
    tables = [
        {
            "TableName": f"table-{number}",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        for number in range(EACH)
    ]
    buckets = [{"BucketName": f"bucket-{number}"} for number in range(EACH)]
    path = folder / "resources.yml"  # JSON is YAML
    path.write_text(json.dumps({"Version": 1, "DynamoDB": tables, "S3": buckets}))
    kinds = (("Table", "AWS::DynamoDB::Table", tables), ("Bucket", "AWS::S3::Bucket", buckets))
    template = {
        f"{name}{number}": {"Type": kind, "Properties": properties}
        for name, kind, found in kinds
        for number, properties in enumerate(found)
    }
    (folder / "template.json").write_text(json.dumps({"Resources": template}))
    return path


def _provision(run: Run, resources: Path, url: str, enter: Sequence[str] = ()) -> Callable[[], Usage]:
    command = [*enter, run.command("esb-provision"), str(resources)]
    return partial(finished, command, run.folder, _environment(run, url))


def _plain(run: Run, resources: Path, url: str) -> Callable[[], Usage]:
    return partial(finished, [sys.executable, str(SCRIPT), str(resources)], run.folder, _environment(run, url))


def _environment(run: Run, url: str) -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
    return run.environment(DYNAMODB_ENDPOINT=url, S3_ENDPOINT=url, **keys)


def _after(empty: Callable[[], object], command: Callable[[], Usage]) -> Callable[[], Usage]:
    def both() -> Usage:
        empty()
        return command()

    return both


def _empty(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=60).close()


def _deploy(run: Run, url: str, enter: Sequence[str] = ()) -> Usage:
    """`aws cloudformation deploy` of the same resources. Raises Unavailable."""
    home = python_peer("awscli")
    run.versions.add(version_of(home, "awscli"))
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-east-1"}
    python = str(home / "bin/python")
    command = [*enter, python, "-m", "awscli", "cloudformation", "deploy", "--stack-name", "bench"]
    options = ["--template-file", str(run.folder / "template.json"), "--endpoint-url", url]
    return finished([*command, *options], run.folder, run.environment(**keys))


def _cloudformation(run: Run, url: str, empty: Callable[[], object], ours: Callable[[], Usage]) -> Finding:
    """Few runs, because `deploy` polls every few seconds and so takes long."""
    sides = {ESB: _after(empty, ours), ON_MOTO: _after(empty, partial(_deploy, run, url))}
    measured = measure_interleaved(1 if run.quick else 2, sides)
    return measured.finding("fresh: wall time", "s", wall, (ESB, ON_MOTO))


def _on_ministack(run: Run, resources: Path) -> Finding:
    ours: tuple[float, ...] = ()
    theirs: tuple[float, ...] = ()
    absent = ""
    try:  # each with a new MiniStack, because it cannot be reset
        with ministack(run) as peer:
            theirs = (_deploy(run, MINISTACK_URL, peer.enter).wall,)
        with ministack(run) as peer:
            ours = (_provision(run, resources, MINISTACK_URL, peer.enter)().wall,)
    except Unavailable as error:
        absent, theirs = str(error), ()
    return Finding("fresh: wall time", "s", ours, ON_MINISTACK, theirs, absent=absent)
