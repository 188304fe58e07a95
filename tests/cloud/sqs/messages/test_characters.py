"""The characters that a message may have: those that SendMessage's API reference lists."""

from __future__ import annotations

import pytest

from esb_cloud.sqs.messages.message_attributes import invalid_character

_ALLOWED = (range(9, 11), range(13, 14), range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000))


@pytest.mark.parametrize("bounds", _ALLOWED)
def test_what_is_allowed(bounds: range) -> None:
    assert invalid_character("".join(map(chr, bounds))) is None


@pytest.mark.parametrize(
    "code", [*(code for code in range(0x20) if code not in (9, 10, 13)), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF]
)
def test_what_is_not(code: int) -> None:
    assert invalid_character(f"aé\U0001f600{chr(code)}b\x00") == chr(code)
