"""The key of the stack: made beside the requests when there is a topic, kept in the file."""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache
from typing import Final

from esb_cloud.aws.stack import Stack
from esb_cloud.sns.notifications.signing import SigningKey, make_key
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction

TOPIC_CREATED: Final = "topic created"  # signalled: messages will have to be signed


def signing_key(transaction: Transaction) -> SigningKey:
    """The key, which is made if there is none yet."""
    stored = transaction.topics.signing_key()
    if stored is None:
        return _keep(transaction, make_key(transaction.wall_ms / 1000))
    return _load(*stored)


async def prepare_key(store: Store, _stack: Stack) -> None:
    """Make the key before the first message needs it: it may take seconds, in which nothing else could be written."""
    wanted = asyncio.Event()
    store.listen(TOPIC_CREATED, wanted.set)
    while not await store.do(lambda transaction: transaction.topics.names("", 1)):
        await wanted.wait()
        wanted.clear()
    if await store.do(_is_missing):
        key = await asyncio.to_thread(make_key, time.time())
        await store.do(lambda transaction: _keep(transaction, key))


def _is_missing(transaction: Transaction) -> bool:
    return transaction.topics.signing_key() is None


def _keep(transaction: Transaction, key: SigningKey) -> SigningKey:
    """The first one stays."""
    stored = transaction.topics.signing_key()
    if stored is not None:
        return _load(*stored)
    transaction.topics.keep_signing_key(key.private_pem, key.certificate_pem)
    return key


@lru_cache(2)
def _load(private: bytes, certificate: bytes) -> SigningKey:
    """Reading the private key takes longer than signing with it."""
    return SigningKey(private, certificate)
