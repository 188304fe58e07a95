"""What the gateway and the process of its database and storage say to each other, and the name of the latter's file."""

from __future__ import annotations

from typing import Final

LISTENING: Final = "listening on "
TESTING: Final = "--testing"
JOURNAL_FILE: Final = "requests.jsonl"
