"""The key that signs messages: made once, beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from esb_cloud.aws.stack import Stack
from esb_cloud.sns.notifications.keys import TOPIC_CREATED, prepare_key, signing_key
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction


def run(path: Path | None, scenario: Callable[[Store], Awaitable[bytes | None]]) -> bytes | None:
    async def whole() -> bytes | None:
        store = Store(path, None, lambda _: None)
        try:
            return await scenario(store)
        finally:
            await store.close()

    return asyncio.run(whole())


def add_topic(transaction: Transaction) -> None:
    transaction.topics.add("t", {}, {})
    transaction.signal(TOPIC_CREATED)


def stored(transaction: Transaction) -> bytes | None:
    found = transaction.topics.signing_key()
    return None if found is None else found[0]


def test_it_is_made_when_there_is_a_topic(tmp_path: Path) -> None:
    async def scenario(store: Store) -> bytes | None:
        task = asyncio.create_task(prepare_key(store, Stack()))
        assert await store.do(stored) is None
        await store.do(add_topic)
        await asyncio.wait_for(task, 60)
        return await store.do(stored)

    made = run(tmp_path / "a.sqlite3", scenario)
    assert made is not None

    async def again(store: Store) -> bytes | None:
        await asyncio.wait_for(prepare_key(store, Stack()), 60)
        return await store.do(stored)

    assert run(tmp_path / "a.sqlite3", again) == made


def test_a_message_that_comes_first_does_not_wait_for_it() -> None:
    async def scenario(store: Store) -> bytes | None:
        await store.do(add_topic)
        first = await store.do(lambda transaction: signing_key(transaction).private_pem)
        await asyncio.wait_for(prepare_key(store, Stack()), 60)
        assert await store.do(stored) == first
        return first

    assert run(None, scenario)
