"""What an IAM policy says of a call."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esb_gateway.apis.auth.policies import Effect, InvalidPolicy, evaluate, matches, method_arn

API = "arn:aws:execute-api:us-east-1:123456789012:Shop"
ARN = f"{API}/prod/GET/orders/7"


def allow(*resources: str, action: Any = "execute-api:Invoke", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": [*resources], **more}


def deny(*resources: str) -> dict[str, Any]:
    return {**allow(*resources), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "effect"),
    [
        ([allow(ARN)], Effect.ALLOW),
        ([allow("*")], Effect.ALLOW),
        ([allow(f"{API}/*")], Effect.ALLOW),
        ([allow(f"{API}/prod/*/orders/*")], Effect.ALLOW),
        ([allow(f"{API}/prod/GET/orders/?")], Effect.ALLOW),
        ([allow("arn:aws:execute-api:*:*:Shop/*")], Effect.ALLOW),
        (allow(ARN), Effect.ALLOW),
        ([allow(ARN, action=["lambda:InvokeFunction", "EXECUTE-API:invoke"])], Effect.ALLOW),
        ([allow(ARN, action="execute-api:*")], Effect.ALLOW),
        ([allow(ARN, action="*")], Effect.ALLOW),
        ([{**allow(), "Resource": ARN}], Effect.ALLOW),
        ([allow(f"{API}/prod/GET/orders")], Effect.IMPLICIT_DENY),
        ([allow(f"{API}/prod/POST/*")], Effect.IMPLICIT_DENY),
        ([allow(f"{API}/test/*")], Effect.IMPLICIT_DENY),
        ([allow("arn:aws:execute-api:us-east-1:123456789012:Other/*")], Effect.IMPLICIT_DENY),
        ([allow(ARN, action="lambda:InvokeFunction")], Effect.IMPLICIT_DENY),
        ([allow(ARN, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], Effect.IMPLICIT_DENY),
        ([deny(ARN)], Effect.EXPLICIT_DENY),
        ([allow("*"), deny(f"{API}/prod/GET/*")], Effect.EXPLICIT_DENY),
        ([deny(ARN), allow("*")], Effect.EXPLICIT_DENY),
        ([allow("*"), deny(f"{API}/prod/PUT/*")], Effect.ALLOW),
        ([{**deny(ARN), "Condition": {"Bool": {"aws:SecureTransport": "false"}}}], Effect.EXPLICIT_DENY),
    ],
)
def test_what_a_policy_says(statements: Any, effect: Effect) -> None:
    assert evaluate({"Version": "2012-10-17", "Statement": statements}, ARN) is effect


@pytest.mark.parametrize(
    "document",
    [
        "allow",
        None,
        {},
        {"Statement": ["Allow"]},
        {"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*", "NotResource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": ["*", 1]}]},
        {"Statement": [allow("*"), {"Effect": "Deny", "NotAction": "x", "Resource": "*"}]},
    ],
)
def test_what_is_no_policy(document: object) -> None:
    with pytest.raises(InvalidPolicy):
        evaluate(document, ARN)


@pytest.mark.parametrize(
    ("path", "arn"),
    [
        ("/", "/prod/GET/"),
        ("/orders/7", "/prod/GET/orders/7"),
        ("/%6frders/7", "/prod/GET/orders/7"),
        ("/orders%2F7", "/prod/GET/orders%2F7"),
    ],
)
def test_the_arn_of_a_call_has_one_spelling(path: str, arn: str) -> None:
    """A statement about `orders/7` speaks of every spelling that reaches its route, and of no other."""
    assert method_arn(API, "prod", "GET", path) == API + arn


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("", "", True),
        ("*", "", True),
        ("?", "", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("**a", "ba", True),
        ("a", "ab", False),
        ("a*", "b", False),
        ("[a]", "a", False),
        ("*" * 50 + "x", "a" * 5000, False),
    ],
)
def test_a_pattern_of_a_policy_matches(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text("ab*?/", max_size=8), st.text("ab/", max_size=10))
def test_patterns_are_what_they_are_as_regular_expressions(pattern: str, text: str) -> None:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    assert matches(pattern, text) is (re.fullmatch(expression, text) is not None)
