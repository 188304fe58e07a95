"""Notifications of a storage that sends changes of objects to a webhook, as RustFS does: the setting of buckets, and a
test that they arrive.

A bucket reports every change. The gateway filters them for each function, so the bucket has no filters.
"""

from __future__ import annotations

import http.client
import json
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials

from esb_provisioner.resources.self_test import SelfTestContext, SelfTestError
from esb_provisioner.servers.settings import Credentials
from esb_provisioner.servers.waiting import Clock
from esb_provisioner.services.s3.bucket_settings import NOTIFICATIONS
from esb_provisioner.services.s3.calls import api_call
from esb_provisioner.services.s3.definition import Bucket
from esb_provisioner.steps import Api
from esb_schemas.agreements.storage_events import (
    SELF_TEST_PATH,
    SELF_TEST_PREFIX,
    SIGNING_NAME,
    URL_VARIABLE,
    WEBHOOK,
    WEBHOOK_EVENTS,
)

TIMEOUT: Final = 60.0  # seconds in which the change, or another one queued before it, has to arrive
_LONGEST_ANSWER: Final = 5  # seconds
_PAUSE: Final = 0.5
_ARN: Final = f"arn:rustfs:sqs:us-east-1:{WEBHOOK}:webhook"
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Received(NamedTuple):
    """Whether the change of an object has arrived, and how many requests have."""

    received: bool
    requests: int


Ask: TypeAlias = Callable[[str], Received]
"""Asks for the change of the object with a key; answers when it arrives, or after some seconds.

Raises OSError, ValueError and http.client.HTTPException.
"""


def in_environment(bucket: Bucket, environ: Mapping[str, str]) -> Bucket:
    """The bucket with the setting for the webhook, if the environment has its URL."""
    if not environ.get(URL_VARIABLE):
        return bucket
    calls = {"Id": WEBHOOK, "QueueArn": _ARN, "Events": list(WEBHOOK_EVENTS)}
    wanted = {"QueueConfigurations": [calls]} if bucket.notifies else {}
    return replace(bucket, settings={**bucket.settings, NOTIFICATIONS: wanted})


def self_test(buckets: Iterable[Bucket], api: Api, context: SelfTestContext) -> None:
    """Change an object in each bucket that notifies, and see that the change arrives. Raises SelfTestError."""
    url = context.environ.get(URL_VARIABLE)
    if not url or context.settings.credentials is None:
        return
    ask = _asking(url, context.settings.credentials, context.settings.region)
    for bucket in buckets:
        if bucket.notifies:
            try_bucket(bucket.name, url, api, ask, context.clock)


def try_bucket(bucket: str, url: str, api: Api, ask: Ask, clock: Clock) -> None:
    """See `self_test`. The object is deleted again, with its versions; functions are not invoked for it."""
    key = f"{SELF_TEST_PREFIX}{uuid.uuid4().hex}"
    version = api(api_call("put_object", bucket, Key=key, Body=b"")).get("VersionId")
    try:
        problem = _wait(key, ask, clock)
    finally:
        api(api_call("delete_object", bucket, Key=key, **({"VersionId": version} if version else {})))
    if problem is not None:
        raise SelfTestError(
            f"bucket {bucket}: a new object was not reported to {url} within {TIMEOUT:g} s ({problem}), so its "
            "notifications would be lost; see the logs of s3-storage and storage-events, or build with "
            "--storage seaweedfs"
        )


def _wait(key: str, ask: Ask, clock: Clock) -> str | None:
    """None when it has arrived, otherwise the reason. Changes that the storage could not send before arrive first."""
    end, requests, problem = clock.now() + TIMEOUT, 0, "nothing has arrived"
    while clock.now() < end:
        try:
            found = ask(key)
            if found.received:
                return None
            if found.requests > requests:
                end, requests = clock.now() + TIMEOUT, found.requests
            problem = "nothing has arrived"
        except (OSError, ValueError, http.client.HTTPException) as error:
            problem = f"it does not answer: {error}"
            clock.sleep(_PAUSE)
    return problem


def _asking(url: str, credentials: Credentials, region: str) -> Ask:
    """Asks the server of the webhook."""
    signing = SigningCredentials(credentials.access_key_id, credentials.secret_access_key)

    def ask(key: str) -> Received:
        address = f"{url}{SELF_TEST_PATH}?{urlencode({'key': key, 'seconds': _LONGEST_ANSWER})}"
        request = AWSRequest("GET", address)
        SigV4Auth(signing, SIGNING_NAME, region).add_auth(request)
        asked = urllib.request.Request(address, headers=dict(request.headers))  # noqa: S310 - of the environment
        with _DIRECT.open(asked, timeout=2 * _LONGEST_ANSWER) as answer:
            page: dict[str, Any] = json.loads(answer.read())
        return Received(page.get("received") is True, int(page.get("requests", 0)))

    return ask
