"""A service that the product does not know goes through all stages by its row alone."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import pytest

from esb_provisioner.desired import Desired, backends_of, parse
from esb_provisioner.plan import plan
from esb_provisioner.provisioning import Progress, carry_out, connected
from esb_provisioner.report import Exit, State
from esb_provisioner.servers.settings import UsageError, read
from esb_provisioner.services import RESOURCE_TYPES
from tests.provisioner.command import client
from tests.provisioner.fakes import FakeClock, preview
from tests.provisioner.made_up_queue import QUEUE, FakeQueues

TYPES = (*RESOURCE_TYPES, QUEUE)


def desired(**attributes: Any) -> Desired:
    return parse({"Queues": [{"QueueName": "jobs", "Attributes": attributes}]}, types=TYPES)


def test_it_is_planned_created_read_back_and_then_has_nothing_to_do(pool: Executor, clock: FakeClock) -> None:
    queues, wanted = FakeQueues(), desired(VisibilityTimeout="60")
    assert str(plan(wanted, {})) == "queue jobs: create_queue (not found)"
    report = carry_out(wanted, queues, pool, clock, Progress())
    assert [(result.resource.name, result.state) for result in report.results] == [("jobs", State.CREATED)]
    assert queues.queues == {"jobs": {"VisibilityTimeout": "60"}}
    assert not str(preview(wanted, queues, pool))


def test_a_setting_that_differs_is_repaired(pool: Executor, clock: FakeClock) -> None:
    queues, wanted = FakeQueues({"jobs": {"VisibilityTimeout": "30"}}), desired(VisibilityTimeout=60)
    assert str(preview(wanted, queues, pool)) == "queue jobs: set_queue_attributes (VisibilityTimeout: 30 -> 60)"
    (result,) = carry_out(wanted, queues, pool, clock, Progress()).results
    assert result.state is State.UPDATED
    assert not str(preview(wanted, queues, pool))


def test_a_setting_that_cannot_change_is_reported_as_drift(pool: Executor, clock: FakeClock) -> None:
    queues = FakeQueues({"jobs": {"FifoQueue": "true"}})
    report = carry_out(desired(), queues, pool, clock, Progress())
    assert report.exit_code is Exit.DRIFT
    assert queues.queues == {"jobs": {"FifoQueue": "true"}}


def test_its_endpoint_comes_from_its_backend() -> None:
    with pytest.raises(UsageError, match="QUEUES_ENDPOINT is not set"):
        read({}, backends_of(desired()), allow_aws=False)


@pytest.mark.server
def test_its_client_comes_from_its_backend(moto_url: str, clock: FakeClock) -> None:
    """moto has queues, and so answers for the made-up service."""
    keys = {"AWS_ACCESS_KEY_ID": "test-key", "AWS_SECRET_ACCESS_KEY": "not-to-be-seen"}
    wanted = desired(VisibilityTimeout="60")
    where = read({"QUEUES_ENDPOINT": moto_url, **keys}, backends_of(wanted), allow_aws=False)
    with connected(wanted, where, 10, clock, Progress()) as (api, pool):
        (result,) = carry_out(wanted, api, pool, clock, Progress()).results
        assert result.state is State.CREATED
        assert not str(preview(wanted, api, pool))
    url = client("sqs", moto_url).get_queue_url(QueueName="jobs")["QueueUrl"]
    attributes = client("sqs", moto_url).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "60"
