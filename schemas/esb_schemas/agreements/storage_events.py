"""The agreement of the feed of changed objects, the storage that calls a webhook, and the provisioner that tries it."""

from __future__ import annotations

from typing import Final

PATH: Final = "/_esb/storage-events"
"""Of the feed, and of the webhook."""
SIGNING_NAME: Final = "esb-storage-events"
"""The service in the signatures of requests for the feed."""
PORT: Final = 9010
URL_VARIABLE: Final = "ESB_STORAGE_EVENTS"
"""Where the feed is, for the gateway, and for a provisioner that has to make buckets call the webhook."""
TOKEN_VARIABLE: Final = "ESB_STORAGE_EVENTS_TOKEN"  # noqa: S105 - a variable
"""By which the storage proves to the webhook that it is the storage."""

SELF_TEST_PATH: Final = f"{PATH}/self-test"
SELF_TEST_PREFIX: Final = ".esb-self-test/"
"""Of the keys of objects that try the webhook. Their changes are in no feed."""

WEBHOOK: Final = "esb"
"""The webhook's name in the storage's settings, and the id of the configuration of a bucket that calls it."""
WEBHOOK_EVENTS: Final = ("s3:ObjectAcl:Put", "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*")
"""A bucket reports them all; which of them a function gets is the gateway's business."""
