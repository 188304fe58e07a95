"""Mapping expressions: which parts of a text are selections, and which selections have no meaning."""

from __future__ import annotations

import pytest

from esb_schemas.service_integrations.expressions import InvalidExpression, Selection, parse, selections


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("fixed", ["fixed"]),
        ("costs $5 or ${price}", ["costs $5 or ${price}"]),
        ("$requested.body", ["$requested.body"]),
        ("$request.body", [("request.body", ())]),
        ("$request.body.a-b.c_1", [("request.body", ("a-b", "c_1"))]),
        ("$request.body.items[0]['a b'].x", [("request.body", ("items", 0, "a b", "x"))]),
        ("$request.header.X-Tenant", [("request.header", ("X-Tenant",))]),
        ("$request.querystring.page", [("request.querystring", ("page",))]),
        ("$request.path", [("request.path", ())]),
        ("com.example.$request.path.source", ["com.example.", ("request.path", ("source",))]),
        (
            "<${request.header.a}${stageVariables.b}>",
            ["<", ("request.header", ("a",)), ("stageVariables", ("b",)), ">"],
        ),
        ("$context.authorizer.claims.sub", [("context", ("authorizer", "claims", "sub"))]),
        ("sent $context.requestTime. Bye", ["sent ", ("context", ("requestTime",)), ". Bye"]),
    ],
)
def test_the_parts_of_a_text(text: str, parts: list[object]) -> None:
    assert [part if isinstance(part, str) else part[:2] for part in parse(text)] == parts


def test_a_selection_knows_its_text_and_its_name() -> None:
    (selection,) = selections(parse("a${request.header.X.Y}b"))
    assert selection == Selection("request.header", ("X.Y",), "${request.header.X.Y}")
    assert selection.name == "X.Y"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$request.body..name", "is a JSON path with more than names and indexes"),
        ("$request.body.items[*]", "is a JSON path with more than names and indexes"),
        ("$request.body.items[?(@.a)]", "is a JSON path with more than names and indexes"),
        ("$request.body.*", "is a JSON path with more than names and indexes"),
        ("$request.method", "is not one of $request.body, $request.header, $request.path, $request.querystring"),
        ("$request.bodyguard", "is not one of $request.body,"),
        ("$response.body.a", "is not one of $request.body,"),
        ("$request.header", "needs a name, as in $request.header.name"),
        ("$context", "names no variable"),
        ("$stageVariables", "names no variable"),
        ("$context.awsEndpointRequestId", "is not a variable that has a value here"),
    ],
)
def test_selections_without_a_meaning(text: str, said: str) -> None:
    with pytest.raises(InvalidExpression, match=f"^{_escaped(text)} {_escaped(said)}"):
        parse(text)


def test_the_response_has_other_parts() -> None:
    assert [part[0] for part in selections(parse("$response.body.a ${response.header.b}", "response"))] == [
        "response.body",
        "response.header",
    ]
    with pytest.raises(InvalidExpression):
        parse("$request.body", "response")


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "$.*+?()[]{}|^" else character for character in text)
