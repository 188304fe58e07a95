"""Fixtures of the tests of asynchronous invocations: queues with fakes, and a gateway that can be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.config
import botocore.session
import pytest

from esb_schemas.contract import EventInvoke
from tests.gateway.async_invoke.fakes import QueueFixture, function
from tests.gateway.async_invoke.killable_gateway import KEYS, KillableGateway


@pytest.fixture
def make_queue() -> Iterator[Callable[..., QueueFixture]]:
    """`make_queue(work=EventInvoke(...), ...)`: functions by name, each with its settings."""
    made: list[QueueFixture] = []

    def make(reserved: int | None = None, max_bytes: int = 64 * 1024 * 1024, **settings: EventInvoke) -> QueueFixture:
        known = {name: function(name, event_invoke=event_invoke) for name, event_invoke in settings.items()}
        known["work"] = replace(known.get("work", function("work")), reserved_concurrency=reserved)
        made.append(QueueFixture(known, max_bytes))
        return made[-1]

    yield make
    for fixture in made:
        fixture.store.file.close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[KillableGateway]:
    gateway = KillableGateway(tmp_path / "events.sqlite3")
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.kill()


@pytest.fixture
def client(host: KillableGateway) -> Iterator[Any]:
    session = botocore.session.Session()
    session.set_config_variable("profile", None)
    made = session.create_client(
        "lambda",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{host.port}",
        aws_access_key_id=KEYS[0],
        aws_secret_access_key=KEYS[1],
        config=botocore.config.Config(proxies={}, retries={"total_max_attempts": 1}),
    )
    yield made
    made.close()
