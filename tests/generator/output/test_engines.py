"""The engines of backing services."""

from __future__ import annotations

import pytest

from esb_generator.output.engines import ENGINES, choose

from .stacks import stack


@pytest.mark.parametrize("database", ENGINES["dynamodb"])
@pytest.mark.parametrize("storage", ENGINES["s3"])
def test_every_engine_can_be_replaced_and_has_a_health_check(database: str, storage: str) -> None:
    loaded = stack(engines=choose(dynamodb=database, s3=storage))
    servers = [loaded["services"][name] for name in ("database", "s3-storage", "victorialogs")]

    assert all("healthcheck" in server for server in servers)
    assert [server["image"].split(":-")[0] for server in servers] == [
        "${ESB_DATABASE_IMAGE",
        "${ESB_S3_IMAGE",
        "${ESB_LOGS_IMAGE",
    ]


def test_different_engines_never_share_a_volume() -> None:
    volumes = [engine.volume for engines in ENGINES.values() for engine in engines.values()]

    assert len(set(volumes)) == len(volumes)
