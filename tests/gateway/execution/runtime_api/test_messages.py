"""The messages of the Runtime API."""

from __future__ import annotations

import json

import pytest

from esb_gateway.execution.runtime_api.messages import header_text, switched


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ('{"a":\r\n 1}', '{"a":   1}'),
        ('{"name": "Jörg 🐘"}', '{"name": "J\\u00f6rg \\ud83d\\udc18"}'),
        ("a\0b", "a b"),
    ],
)
def test_header_values_are_one_line_of_ascii(value: str, expected: str) -> None:
    assert header_text(value) == expected
    if value.startswith("{"):
        assert json.loads(header_text(value)) == json.loads(value)


def test_an_address_that_does_not_fit_before_a_port_is_not_said() -> None:
    assert switched("172.18.0.2").endswith(b"\r\nEsb-Address: 172.18.0.2\r\n\r\n")
    assert b"Esb-Address" not in switched("fd00::2")
