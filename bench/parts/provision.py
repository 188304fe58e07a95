"""100 tables and 100 buckets, made and made sure of again: whole processes against servers in memory."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.errors import NotHere
from bench.goals import Finding, ratio_at_most
from bench.ministack import URL as MINISTACK_URL
from bench.ministack import ministack
from bench.peers import python_peer, version_of
from bench.processes import Usage, finished, free_port, listens, serving
from bench.run import ESB, Run, in_turns

EACH = 100
PLAIN = Path(__file__).parents[1] / "plain_boto3.py"
FLOOR = "plain boto3 in 16 threads"
ON_MOTO, ON_MINISTACK = "aws cloudformation deploy on moto", "aws cloudformation deploy on MiniStack"


def measure(run: Run) -> Iterator[Finding]:
    resources = write_resources(run.folder)
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with serving(command, run.folder, run.environment(), listens(port)):
        ours, floor = _commands(run, resources, url)
        empty = partial(_empty, url)
        fresh = in_turns(run.pairs, {ESB: _after(empty, ours), FLOOR: _after(empty, floor)})
        again = in_turns(run.pairs, {ESB: ours, FLOOR: floor})
        deployed = _cloudformation(run, url, empty, ours)
    for name, turns, most in (("fresh", fresh, 1.25), ("again", again, 1.0)):
        yield turns.finding(f"{name}: wall time", "s", lambda usage: usage.wall, (ESB, FLOOR), ratio_at_most(most))
        yield turns.finding(f"{name}: CPU", "s", lambda usage: usage.cpu, (ESB, FLOOR))
    yield deployed
    yield _on_ministack(run, resources)


def write_resources(folder: Path) -> Path:
    """resources.yml with so many tables and buckets, and the same as a CloudFormation template beside it."""
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


def _commands(
    run: Run, resources: Path, url: str, enter: Sequence[str] = ()
) -> tuple[Callable[[], Usage], Callable[[], Usage]]:
    environment = run.environment(
        DYNAMODB_ENDPOINT=url,
        S3_ENDPOINT=url,
        AWS_ACCESS_KEY_ID="bench",
        AWS_SECRET_ACCESS_KEY="bench",
        AWS_REGION="us-east-1",
    )
    provision = [*enter, str(Path(sys.executable).with_name("esb-provision")), str(resources)]
    plain = [*enter, sys.executable, str(PLAIN), str(resources)]
    return tuple(partial(finished, command, run.folder, environment) for command in (provision, plain))  # type: ignore[return-value]


def _after(empty: Callable[[], object], command: Callable[[], Usage]) -> Callable[[], Usage]:
    def both() -> Usage:
        empty()
        return command()

    return both


def _empty(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=60).close()


def _deploy(run: Run, url: str, enter: Sequence[str] = ()) -> Usage:
    """`aws cloudformation deploy` of the same. Raises NotHere."""
    home = python_peer("awscli")
    run.versions.add(version_of(home, "awscli"))
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-east-1"}
    python = str(home / "bin/python")
    command = [*enter, python, "-m", "awscli", "cloudformation", "deploy", "--stack-name", "bench"]
    options = ["--template-file", str(run.folder / "template.json"), "--endpoint-url", url]
    return finished([*command, *options], run.folder, run.environment(**keys))


def _cloudformation(run: Run, url: str, empty: Callable[[], object], ours: Callable[[], Usage]) -> Finding:
    """It asks every few seconds whether it is done, so that few runs take long."""
    sides = {ESB: _after(empty, ours), ON_MOTO: _after(empty, partial(_deploy, run, url))}
    turns = in_turns(1 if run.quick else 2, sides)
    return turns.finding("fresh: wall time", "s", lambda usage: usage.wall, (ESB, ON_MOTO))


def _on_ministack(run: Run, resources: Path) -> Finding:
    ours: tuple[float, ...] = ()
    theirs: tuple[float, ...] = ()
    absent = ""
    try:  # one after the other, each with a MiniStack of its own, for it cannot be emptied
        with ministack(run) as peer:
            theirs = (_deploy(run, MINISTACK_URL, peer.enter).wall,)
        with ministack(run) as peer:
            provision, _ = _commands(run, resources, MINISTACK_URL, peer.enter)
            ours = (provision().wall,)
    except NotHere as error:
        absent, theirs = str(error), ()
    return Finding("fresh: wall time", "s", ours, ON_MINISTACK, theirs, absent=absent)
