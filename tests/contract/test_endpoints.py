"""docs/endpoints.md: the page is that of the tables, and the tables have every path that the servers name."""

from __future__ import annotations

import ast
import re

import pytest

from esb_schemas.endpoints import STACK, Endpoint, EndpointTable
from esb_schemas.entry_points import load_object
from esb_schemas.pages.endpoints import reference
from tests.contract.test_command_reference import of_the_session
from tests.contract.test_variables import texts_in
from tests.documents import ROOT

TABLES = [table for name in of_the_session("ENDPOINTS") for table in load_object(name)]
PATHS = {endpoint.path for table in TABLES for endpoint in table.endpoints}
SHOW = Endpoint("GET", "/_esb/events/{id}", STACK, "")
DROP = Endpoint("DELETE", "/_esb/events/{id}", STACK, "")
KEYS = Endpoint("GET", "/_esb/jwks/{pool}.json", STACK, "")
TABLE = EndpointTable("", "", (SHOW, DROP, KEYS))


def named_paths() -> set[str]:
    """The own paths in the code of the servers: constants that begin so."""
    files = [path for folder in ("gateway", "cloud") for path in (ROOT / folder).rglob("*.py")]
    texts = {text for path in files for text in texts_in(ast.parse(path.read_text("utf-8")))}
    return {text for text in texts if re.match(r"/_esb/\w|/health\b", text)}


def test_the_page_is_generated() -> None:
    assert (ROOT / "docs/endpoints.md").read_text("utf-8") == reference(TABLES), "run `nox -s docs`"


def test_each_path_that_a_server_names_is_in_a_table_or_begins_one() -> None:
    named = named_paths()
    assert len(named) >= 8
    assert [path for path in named if not any(each.startswith(path.rstrip("/")) for each in PATHS)] == []


def test_a_table_has_each_request_once() -> None:
    for table in TABLES:
        requests = [(each.method, each.path) for each in table.endpoints]
        assert len(requests) == len(set(requests))


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "parts"),
    [
        ("GET", "/_esb/events/a%2Fb", SHOW, {"id": "a/b"}),
        ("GET", "/_esb/events/a/", SHOW, {"id": "a"}),
        ("DELETE", "/_esb/events/a", DROP, {"id": "a"}),
        ("GET", "/_esb/jwks/p.q.json", KEYS, {"pool": "p.q"}),
    ],
)
def test_a_request_is_found_with_the_parts_of_its_path(
    method: str, path: str, endpoint: Endpoint, parts: dict[str, str]
) -> None:
    assert TABLE.find(method, path) == (endpoint, parts)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/_esb/events/a"), ("GET", "/_esb/events/"), ("GET", "/_esb/events/a/b"), ("GET", "/_esb/jwks/p_json")],
)
def test_what_is_not_in_the_table_is_not_found(method: str, path: str) -> None:
    assert TABLE.find(method, path) is None
