"""All scenarios on a server, and the matrix of what came of them.

Each scenario has a resource of its own, so that all are provisioned together, in three runs: before, after, again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.provisioner.command import Finished, Stack, client
from tests.provisioner.reader import differences
from tests.provisioner.scenarios import SCENARIOS, Scenario

ITEM = {"id": {"S": "1"}, "at": {"S": "2"}, "email": {"S": "a@b"}, "city": {"S": "Ulm"}}
# Without these, data is lost or cannot be found: a server that lacks one fails the resource.
ESSENTIAL = ("missing", "KeySchema", "TableStatus", "VersioningConfiguration", "index ", "local index ")


@dataclass(frozen=True)
class Server:
    """A server under test, which has these sections of resources.yml."""

    name: str
    sections: tuple[str, ...]
    url: str

    @property
    def clients(self) -> tuple[Any, Any]:
        return client("dynamodb", self.url), client("s3", self.url)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(each for each in SCENARIOS if each.section in self.sections)

    def answers(self) -> bool:
        dynamodb, s3 = self.clients
        try:
            _ = dynamodb.list_tables() if "DynamoDB" in self.sections else s3.list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True


@dataclass(frozen=True)
class Played:
    """The runs, and what of the document the reader found not to be so after the second and after the third."""

    server: Server
    runs: Mapping[str, Finished]
    found: Mapping[str, Mapping[str, set[str]]]
    kept: Mapping[str, bool]
    """Whether the data that was written between the first and the second run is there, by resource."""

    def result(self, run: str, scenario: Scenario) -> dict[str, Any]:
        found = (each for each in self.runs[run].document["results"] if each["name"] == scenario.resource)
        return next(found, {})

    def cell(self, scenario: Scenario) -> str:
        """What came of a scenario: settings that the server refuses are warnings, or the resource fails."""
        state, found = self.result("after", scenario)["result"], self.found["after"].get(scenario.resource, set())
        if state in ("drift", "failed"):
            return str(state)
        return f"{len(found)} refused" if found else "done"


def play(server: Server, folder: Path) -> Played:
    stack = Stack(server.url, folder)
    runs, found, kept = {}, {}, {}
    for run in ("before", "after", "again"):
        document = merged(server, lambda each: each.before if run == "before" else each.after)  # noqa: B023 - called here
        runs[run] = stack.provision(document, "--json")
        assert runs[run].code in (0, 3, 5), runs[run].err
        found[run] = differences(*server.clients, document)
        if run == "before":
            there = [each for each in server.scenarios if each.before is not None and wrote(server, each)]
    kept = {each.resource: has_data(server, each) for each in there}
    return Played(server, runs, found, kept)


def merged(server: Server, entry: Callable[[Scenario], Mapping[str, Any] | None]) -> dict[str, Any]:
    """One document of the entries of all scenarios."""
    document: dict[str, list[Any]] = {}
    for scenario in server.scenarios:
        if (given := entry(scenario)) is not None:
            document.setdefault(scenario.section, []).append(scenario.entry(given))
    return document


def check(played: Played, scenario: Scenario) -> None:
    """The report is the truth, nothing is lost, and another run changes nothing."""
    after, again = played.result("after", scenario), played.result("again", scenario)
    assert played.kept.get(scenario.resource, True)
    if scenario.drift:
        assert (after["result"], again["result"]) == ("drift", "drift")
        return
    for run, result in (("after", after), ("again", again)):
        found = played.found[run].get(scenario.resource, set())
        said = " ".join([*result["warnings"], *result["problems"]])
        assert {key for key in found if key not in said} == set(), result
        assert (result["result"] == "failed") == any(key.startswith(ESSENTIAL) for key in found), (result, found)
    assert again["result"] in ("unchanged", "failed"), again


def table(cells: Mapping[tuple[str, str], str]) -> str:
    """The matrix as text: a line for each scenario, a column for each server."""
    servers = list(dict.fromkeys(server for _, server in cells))
    scenarios = dict.fromkeys(name for name, _ in cells)
    rows = [["", *servers], *([name, *(cells.get((name, server), "") for server in servers)] for name in scenarios)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def wrote(server: Server, scenario: Scenario) -> bool:
    """Write an item or an object. radosgw accepts AES256 for a bucket and then, without TLS, no object."""
    dynamodb, s3 = server.clients
    try:
        if scenario.section == "DynamoDB":
            dynamodb.put_item(TableName=scenario.resource, Item=ITEM)
        else:
            s3.put_object(Bucket=scenario.resource, Key="a", Body=b"data")
    except ClientError:
        assert server.name == "radosgw"
        return False
    return True


def has_data(server: Server, scenario: Scenario) -> bool:
    dynamodb, s3 = server.clients
    if scenario.section == "DynamoDB":
        return bool(dynamodb.scan(TableName=scenario.resource)["Items"] == [ITEM])
    return bool(s3.get_object(Bucket=scenario.resource, Key="a")["Body"].read() == b"data")
