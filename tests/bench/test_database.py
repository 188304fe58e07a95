"""The part `database` has a row for each operation, and says which server it could not measure."""

from __future__ import annotations

from bench import database_client
from bench.parts import PARTS, database


def test_every_operation_of_the_client_has_a_row() -> None:
    assert tuple(database_client.OPERATIONS) == database.OPERATIONS


def test_keys_spread_over_partitions_and_repeat_once_all_items_were_read() -> None:
    items = database_client.PARTITIONS * database_client.EACH
    keys = {(key["pk"]["S"], key["sk"]["S"]) for key in map(database_client._key, range(items))}
    assert len(keys) == items
    assert database_client._key(items) == database_client._key(0)


def test_it_is_a_part_of_the_benchmark() -> None:
    assert "database" in {part.name for part in PARTS}
