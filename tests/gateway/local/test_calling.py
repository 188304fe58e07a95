"""How to call what has started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.local.calling import calling_lines

POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abcdefghi"


def lines(*routes: dict[str, Any], url: str = "http://127.0.0.1:8080", **apis: Any) -> list[str]:
    functions = {"stack": {"region": "eu-west-1"}, "functions": {"f": {"handler": "h", "runtime": "python3.12"}}}
    routing = {"apis": apis, "routes": [{"function": "f", **route} for route in routes]}
    configuration = read_configuration(functions, routing)
    return list(calling_lines(configuration, url, Path(".esb")))


def test_each_route_has_a_line_that_can_be_pasted() -> None:
    assert lines(
        {"method": "GET", "path": "/orders/{id}"},
        {"method": "POST", "path": "/orders"},
        {"method": "ANY", "path": "/files/{proxy+}"},
        {"method": "GET", "path": "/signed", "authorization": "AWS_IAM"},
    ) == [
        'region eu-west-1; credentials in .esb/secrets.env: eval "$(esb-gateway env)" sets both',
        "  curl http://127.0.0.1:8080/orders/ID",
        "  curl -X POST http://127.0.0.1:8080/orders",
        "  curl http://127.0.0.1:8080/files/PROXY",
        "  curl --aws-sigv4 aws:amz:eu-west-1:execute-api "
        '-u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" http://127.0.0.1:8080/signed',
    ]


def test_another_address_is_named_for_the_commands() -> None:
    found = lines({"method": "GET", "path": "/a"}, url="http://127.0.0.1:41873")
    assert found[0].endswith('eval "$(esb-gateway env --url http://127.0.0.1:41873)" sets both')
    assert found[1] == "  curl http://127.0.0.1:41873/a"


def test_a_key_is_named() -> None:
    found = lines(
        {"method": "GET", "path": "/key", "api": "Shop", "api_key_required": True}, Shop={"type": "REST", "stage": "p"}
    )
    assert found[1] == "  curl -H 'x-api-key: …' http://127.0.0.1:8080/key"


def test_many_routes_are_cut() -> None:
    found = lines(*({"method": "GET", "path": f"/{number}"} for number in range(45)))
    assert len(found) == 42
    assert found[-1].startswith("… and 5 more routes")
