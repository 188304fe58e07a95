"""Half of a character, which JSON can write and UTF-8 cannot: the client's mistake, and no defect."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.cloud.dispatchers import cloud_with
from tests.fake_offload import FakeOffload

pytestmark = pytest.mark.server  # an event loop opens sockets

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


@pytest.mark.parametrize("wrong", [{"Source": "\ud800"}, {"Detail": '{"a":"\\ud800"}'}])
def test_an_event_with_half_of_a_character_is_refused(wrong: dict[str, str]) -> None:
    entry: dict[str, Any] = {"Source": "my.app", "DetailType": "Something", "Detail": "{}", **wrong}

    async def scene() -> None:
        async with cloud_with(FakeOffload()) as cloud:
            await cloud.events("PutRule", Name="r", EventPattern='{"source":["my.app"]}')
            await cloud.events("PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": FUNCTION}])
            response = await cloud.ask("PutEvents", json.dumps({"Entries": [entry]}).encode(), "AWSEvents")
            assert (response.status, json.loads(response.body)["__type"]) == (400, "SerializationException")

    asyncio.run(asyncio.wait_for(scene(), 60))
