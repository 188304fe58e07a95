"""The memory of the embedded database follows its items, not its writes."""

from __future__ import annotations

import gc
import weakref

from moto.dynamodb.models.dynamo_type import DynamoType, Item

from esb_gateway.local.stores.moto_patches.old_items import forget_old_items


def test_an_item_that_was_replaced_is_let_go() -> None:
    forget_old_items()
    item = Item(DynamoType({"S": "k"}), None, {"k": {"S": "k"}})
    kept = weakref.ref(item)
    del item
    gc.collect()
    assert kept() is None
