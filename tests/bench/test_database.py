"""The part `database` has a row for each operation, and says which server it could not measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import database_client
from bench.parts import PARTS, database
from bench.run import Run


def test_every_operation_of_the_client_has_a_row() -> None:
    assert tuple(database_client.OPERATIONS) == database.OPERATIONS


def test_keys_spread_over_partitions_and_repeat_once_all_items_were_read() -> None:
    items = database_client.PARTITIONS * database_client.EACH
    keys = {(key["pk"]["S"], key["sk"]["S"]) for key in map(database_client._key, range(items))}
    assert len(keys) == items
    assert database_client._key(items) == database_client._key(0)


def test_it_is_a_part_of_the_benchmark() -> None:
    assert "database" in {part.name for part in PARTS}


@pytest.mark.server
def test_embedded_mode_answers_all_calls_of_16_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_client, "PARTITIONS", 2)
    with database.embedded_stores(Run(tmp_path, tmp_path, quick=True)) as url:
        rates = database_client.main(url, 16, 0.01)
    assert set(rates) == set(database.OPERATIONS)
