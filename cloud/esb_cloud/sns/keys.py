"""The key of the stack: made when the first message is signed, kept in the file."""

from __future__ import annotations

from functools import lru_cache

from esb_cloud.sns.signing import SigningKey, make_key
from esb_cloud.sql.transaction import Transaction


def signing_key(transaction: Transaction) -> SigningKey:
    """The key, which is made if there is none yet."""
    stored = transaction.topics.signing_key()
    if stored is None:
        key = make_key(transaction.wall_ms / 1000)
        transaction.topics.keep_signing_key(key.private_pem, key.certificate_pem)
        return key
    return _load(*stored)


@lru_cache(2)
def _load(private: bytes, certificate: bytes) -> SigningKey:
    """Reading the private key takes longer than signing with it."""
    return SigningKey(private, certificate)
