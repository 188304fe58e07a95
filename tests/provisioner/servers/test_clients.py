"""Calls to real sockets: what a network does to answers never becomes a wrong answer."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from botocore.parsers import ResponseParserError

from esb_provisioner.servers.clients import Servers, perform
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.servers.settings import Credentials, Settings, UsageError
from esb_provisioner.services.dynamodb import TABLE
from esb_provisioner.services.dynamodb.calls import api_call
from tests.provisioner.command import KEYS, client
from tests.provisioner.faults import FaultProxy, Faults, proxied
from tests.provisioner.scenarios import TABLE as DEFINITION

pytestmark = pytest.mark.server
NAMES = [f"table-{number}" for number in range(5)]


class Script(Faults):
    """These faults one after the other, then none."""

    def __init__(self, *faults: str) -> None:
        super().__init__(0, share=0)
        self._left = list(faults)

    def next(self) -> str | None:
        return self._left.pop(0) if self._left else None


@pytest.fixture(scope="module")
def proxy(moto_url: str) -> Iterator[FaultProxy]:
    with urlopen(Request(f"{moto_url}/moto-api/reset", method="POST")):
        for name in NAMES:
            client("dynamodb", moto_url).create_table(TableName=name, **DEFINITION)
    with proxied(moto_url) as server:
        yield server


@pytest.fixture(scope="module")
def servers(proxy: FaultProxy) -> Servers:
    return Servers(Settings({"dynamodb": proxy.url}, "us-east-1", Credentials(*KEYS.values())), [TABLE])


def test_an_answer_that_comes_twice_is_not_taken_for_that_of_the_next_call(proxy: FaultProxy, servers: Servers) -> None:
    with proxy.breaking(Script(*["twice"] * 5)):
        answers = [servers(api_call("describe_table", TableName=name)) for name in NAMES]
    assert [answer["Table"]["TableName"] for answer in answers] == NAMES


@pytest.mark.parametrize("fault", ["truncated", "reset", "reset after", "500", "500 after"])
def test_a_call_is_repeated_until_its_answer_is_whole(proxy: FaultProxy, servers: Servers, fault: str) -> None:
    with proxy.breaking(Script(*[fault] * 3)):
        assert set(servers(api_call("list_tables"))["TableNames"]) == set(NAMES)


def test_an_answer_that_never_is_whole_is_an_error(proxy: FaultProxy, servers: Servers) -> None:
    with proxy.breaking(Script(*["truncated"] * 4)), pytest.raises(ServerError) as caught:
        servers(api_call("list_tables"))
    assert caught.value.kind is ErrorKind.UNREACHABLE
    assert "ConnectionClosedError" in str(caught.value)


def test_the_answer_of_another_service_is_an_error_without_its_body() -> None:
    def get_from_another_service(**_: object) -> dict[str, object]:
        raise ResponseParserError("invalid XML received: b'{...}'")

    with pytest.raises(ServerError, match="is another server at this address") as failure:
        perform(get_from_another_service, TABLE.error_rule, api_call("describe_table", TableName="orders"))
    assert failure.value.kind is ErrorKind.FAILED
    assert "XML" not in str(failure.value)


@pytest.mark.parametrize(
    "error", [AttributeError("get"), UnicodeDecodeError("utf-8", b"", 0, 1, "invalid"), KeyError()]
)
def test_an_answer_that_the_parser_stumbles_over_is_an_error(error: Exception) -> None:
    def get_from_another_service(**_: object) -> dict[str, object]:
        raise error

    with pytest.raises(ServerError, match="is another server at this address"):
        perform(get_from_another_service, TABLE.error_rule, api_call("describe_table", TableName="orders"))


@pytest.mark.parametrize(
    ("url", "region", "sentence"),
    [
        ("http://secret..host", "us-east-1", "DYNAMODB_ENDPOINT is not a URL such as http://database:8000"),
        ("http://host", "eu west", "Provided region_name 'eu west' doesn't match a supported format"),
    ],
)
def test_a_host_or_a_region_that_cannot_be_is_wrong_usage(url: str, region: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        Servers(Settings({"dynamodb": url}, region, Credentials("a", "b")), [TABLE])
    assert str(caught.value) == sentence
