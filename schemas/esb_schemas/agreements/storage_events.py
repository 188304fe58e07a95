"""Shared by the feed of changed objects, the storage that calls its webhook, and the provisioner that tests it."""

from __future__ import annotations

from typing import Final

PATH: Final = "/_esb/storage-events"
"""The path of the feed and of the webhook."""
SIGNING_NAME: Final = "esb-storage-events"
"""The service name in signatures of requests for the feed."""
PORT: Final = 9010
URL_VARIABLE: Final = "ESB_STORAGE_EVENTS"
"""The URL of the feed, for the gateway, and for a provisioner that makes buckets call the webhook."""
TOKEN_VARIABLE: Final = "ESB_STORAGE_EVENTS_TOKEN"  # noqa: S105 - a variable
"""The token by which the webhook authenticates the storage."""

SELF_TEST_PATH: Final = f"{PATH}/self-test"
SELF_TEST_PREFIX: Final = ".esb-self-test/"
"""The prefix of the keys of objects that test the webhook. Their changes are not in the feed."""

WEBHOOK: Final = "esb"
"""The webhook's name in the storage's settings, and the id of the configuration of a bucket that calls it."""
WEBHOOK_EVENTS: Final = ("s3:ObjectAcl:Put", "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*")
"""A bucket reports all of them; the gateway filters them for each function."""
