"""When a gateway serves: once the provisioner has made what it needs, in a container that has not served before."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.admin.readiness import Readiness
from esb_gateway.provisioning.provisioner_wait import PROVISIONER, provisioned
from esb_gateway.settings import Settings
from esb_schemas.agreements.provisioned import Provisioned, resources_digest, write_record
from esb_wire.http.sockets import bind
from tests.watching import until_async

SERVERS = "database-dynoxide s3-storage-seaweedfs"


@dataclass
class Site:
    """A configuration, the volumes of gateway and provisioner, and what the gateway logged."""

    folder: Path
    readiness: Readiness = field(default_factory=Readiness)
    log: list[str] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def record(self) -> Path:
        return self.folder / "record.json"

    def provision(self, servers: str = SERVERS) -> None:
        write_record(self.record, Provisioned("", resources=resources_digest(self.folder, servers)))

    def fail(self, sentence: str) -> None:
        write_record(self.record, Provisioned("", failed=(sentence,)))

    def start(self, container: str = "new", servers: str = SERVERS, **more: Any) -> asyncio.Task[None]:
        settings = Settings(
            config_dir=self.folder,
            host="127.0.0.1",
            port=more.pop("port", 0),
            events_file=self.folder / "events.sqlite3",
            provisioned_file=self.record,
            data_servers=servers,
            **more,
        )
        return asyncio.create_task(provisioned(settings, self.readiness, self.log.append, self.stop, container))

    async def waits(self, gateway: asyncio.Task[None]) -> None:
        await until_async(lambda: self.readiness.waiting_for == {PROVISIONER} or gateway.done())
        assert not gateway.done()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "resources.yml").write_text("Version: 1\n")
    return Site(tmp_path)


def test_a_stack_that_is_provisioned_is_served_at_once(site: Site) -> None:
    async def steps() -> None:
        site.provision()
        await site.start()

    asyncio.run(steps())
    assert site.log == []


def test_a_gateway_to_which_nobody_says_where_the_data_is_waits_for_nothing(site: Site) -> None:
    async def steps() -> None:
        await site.start(servers="")

    asyncio.run(steps())
    assert site.log == []


@pytest.mark.server
def test_the_first_start_waits_for_the_provisioner(site: Site) -> None:
    async def steps() -> None:
        gateway = site.start()
        await site.waits(gateway)
        site.provision()
        await gateway

    asyncio.run(steps())
    assert site.readiness.waiting_for == set()
    assert [json.loads(line)["message"] for line in site.log] == [f"waiting for {PROVISIONER}"]


@pytest.mark.server
def test_other_resources_and_other_servers_are_waited_for(site: Site) -> None:
    async def steps() -> None:
        site.provision()
        (site.folder / "resources.yml").write_text("Version: 1\nDynamoDB: []\n")
        gateway = site.start()
        await site.waits(gateway)
        site.provision()
        await gateway

        gateway = site.start("newer", "database-scylla s3-storage-seaweedfs")
        await site.waits(gateway)
        site.provision("database-scylla s3-storage-seaweedfs")
        await gateway

    asyncio.run(steps())


@pytest.mark.server
def test_a_run_that_fails_is_named_and_waited_on(site: Site) -> None:
    async def steps() -> None:
        gateway = site.start()
        await site.waits(gateway)
        site.fail("table Orders: no")
        await until_async(lambda: site.readiness.not_provisioned == ("table Orders: no",))
        assert not gateway.done()
        site.provision()
        await gateway

    asyncio.run(steps())


@pytest.mark.server
def test_a_container_that_has_served_serves_again_whatever_was_built_since(site: Site) -> None:
    """As after a reboot, when nobody runs the provisioner."""

    async def steps() -> None:
        site.provision()
        await site.start("one")
        (site.folder / "resources.yml").write_text("Version: 1\nDynamoDB: []\n")
        await site.start("one")
        await site.waits(site.start("another"))

    asyncio.run(steps())


@pytest.mark.server
def test_a_gateway_that_is_stopped_while_it_waits_has_not_served(site: Site) -> None:
    async def steps() -> None:
        for _ in range(2):
            site.stop.clear()
            gateway = site.start()
            await site.waits(gateway)
            site.stop.set()
            await gateway

    asyncio.run(steps())


@pytest.mark.server
def test_a_port_that_speaks_tls_is_not_open_meanwhile(site: Site) -> None:
    async def steps() -> None:
        with bind("127.0.0.1", 0) as taken:  # so that opening it would be an error
            gateway = site.start(tls=(site.folder / "tls.crt", site.folder / "tls.key"), port=taken.getsockname()[1])
            await site.waits(gateway)
            site.provision()
            await gateway

    asyncio.run(steps())
