"""The provisioner behind a network that breaks requests: it converges, or it reports the truth.

ESB_FAULT_SEEDS says how many seeds are tried, 20 if it is not set.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest

from esb_provisioner.desired import parse, types_of
from esb_provisioner.provisioning import Progress, carry_out
from esb_provisioner.report import Exit, Report, State
from esb_provisioner.servers.clients import Servers
from esb_provisioner.servers.errors import ServerError
from esb_provisioner.servers.settings import Credentials, Settings
from tests.provisioner.command import KEYS, client
from tests.provisioner.fakes import FakeClock
from tests.provisioner.faults import FaultProxy, Faults, proxied
from tests.provisioner.reader import differences
from tests.provisioner.scenarios import BUCKET_SETTINGS, BY_CITY, BY_EMAIL, TABLE, TABLE_SETTINGS

pytestmark = pytest.mark.server

SEEDS = range(int(os.environ.get("ESB_FAULT_SEEDS", "20")))
SHARES = (0.05, 0.3, 0.6)  # the SDK tries each call four times: the last share makes about two of a run fail
# moto has neither of the two in UpdateTable.
SETTINGS = {key: value for key, value in TABLE_SETTINGS.items() if key not in ("SSESpecification", "TableClass")}
ITEM = {"id": {"S": "1"}, "at": {"S": "2"}, "email": {"S": "a@b"}, "city": {"S": "Ulm"}}


def document(seed: int) -> dict[str, Any]:
    """Two tables and a bucket of `begin`, a new one of each, and settings that the seed chooses."""
    chosen = random.Random(seed)
    table = {key: SETTINGS[key] for key in chosen.sample(sorted(SETTINGS), 3)}
    bucket = {key: BUCKET_SETTINGS[key] for key in chosen.sample(sorted(BUCKET_SETTINGS), 3)}
    return {
        "DynamoDB": [
            {"TableName": "old-table", **TABLE | BY_CITY, **table},
            {"TableName": "new-table", **TABLE | BY_EMAIL, **table},
            {"TableName": "kept-table", **TABLE},
        ],
        "S3": [{"BucketName": "old-bucket", **bucket}, {"BucketName": "new-bucket", **bucket}],
    }


@dataclass(frozen=True)
class Network:
    """moto, the proxy before it, and the provisioner's way through the proxy."""

    url: str
    proxy: FaultProxy
    api: Servers
    pool: Executor

    @property
    def clients(self) -> tuple[Any, Any]:
        """The reader's clients, which go past the proxy."""
        return client("dynamodb", self.url), client("s3", self.url)

    def provision(self, wanted: dict[str, Any], faults: Faults) -> Report | ServerError:
        with self.proxy.breaking(faults):
            try:
                return carry_out(parse(wanted), self.api, self.pool, FakeClock(), Progress())
            except ServerError as error:
                return error

    def begin(self) -> None:
        """An emptied server with a table and a bucket that have data, and a table that stays."""
        with urlopen(Request(f"{self.url}/moto-api/reset", method="POST")):
            dynamodb, s3 = self.clients
        dynamodb.create_table(TableName="old-table", **TABLE | BY_EMAIL)
        dynamodb.create_table(TableName="kept-table", **TABLE)
        dynamodb.put_item(TableName="old-table", Item=ITEM)
        s3.create_bucket(Bucket="old-bucket")
        s3.put_object(Bucket="old-bucket", Key="a", Body=b"data")

    def has_data(self) -> bool:
        dynamodb, s3 = self.clients
        items = dynamodb.scan(TableName="old-table")["Items"]
        return bool(items == [ITEM] and s3.get_object(Bucket="old-bucket", Key="a")["Body"].read() == b"data")


@pytest.fixture(scope="module")
def network(moto_url: str) -> Iterator[Network]:
    with proxied(moto_url) as proxy, ThreadPoolExecutor(8) as pool:
        where = Settings({"dynamodb": proxy.url, "s3": proxy.url}, "us-east-1", Credentials(*KEYS.values()))
        yield Network(moto_url, proxy, Servers(where, types_of(parse(document(0)))), pool)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_converges_or_reports_the_truth(network: Network, seed: int) -> None:
    network.begin()
    wanted, faults = document(seed), Faults(seed, SHARES[seed % len(SHARES)])
    report = network.provision(wanted, faults)
    found = differences(*network.clients, wanted)
    if isinstance(report, Report):
        failed = {result.resource.name for result in report.results if result.state is State.FAILED}
        assert found.keys() <= failed, (faults, report, found)
        assert report.exit_code is (Exit.FAILED if failed else Exit.DONE)
    assert network.has_data()

    again = network.provision(wanted, Faults(seed, share=0))
    assert isinstance(again, Report)
    assert again.exit_code is Exit.DONE, again
    assert differences(*network.clients, wanted) == {}
    assert network.has_data()
