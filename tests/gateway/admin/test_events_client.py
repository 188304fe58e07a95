"""Events as a table."""

from __future__ import annotations

from esb_gateway.admin.events_client import table

NOW = 1_700_000_000.0


def test_events_are_shown_as_a_table() -> None:
    common = {"function": "work", "accepted": "2023-11-14T22:13:20.000Z"}
    found = {
        "queued": 7,
        "failed": 1,
        "events": [
            {
                **common,
                "id": "a",
                "state": "failed",
                "attempts": 3,
                "condition": "Success",
                "targets": ["arn:aws:sqs:x"],
            },
            {**common, "id": "bb", "state": "queued", "attempts": 1, "due": "2023-11-15T00:13:20.000Z"},
            {**common, "id": "c", "state": "running", "attempts": 0, "due": "2023-11-14T22:13:20.000Z"},
        ],
    }
    assert table(found, NOW + 300) == (
        "ID  FUNCTION  STATE    AGE  ATTEMPTS  WHAT\n"
        "a   work      failed   5m   3         Success for arn:aws:sqs:x\n"
        "bb  work      queued   5m   1         runs in 115m\n"
        "c   work      running  5m   0\n"
        "7 queued, 1 failed; 3 shown"
    )
