"""Memory of an idle stack of many functions, with today's engines and with the ones that were there before."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Final

from bench.application import write_application
from bench.compose_stack import compose_stack, memory_of_containers
from bench.engine_containers import container
from bench.errors import Unavailable
from bench.goals import Finding
from bench.run import Run
from esb_schemas.backends import BACKENDS
from esb_schemas.engines.table import engines

FUNCTIONS: Final = 50
OLD: Final = "DynamoDB Local and Ceph's S3 gateway"  # ScyllaDB, RustFS and MinIO need a registry of images
ENGINES: Final = ("database", "s3-storage")
_OLD_DATABASE, _OLD_STORAGE = "esb-lab/database:ddblocal", "esb-lab/s3:radosgw"
_KEYS: Final = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
_SETTLES: Final = 20.0  # seconds until what a start used is given back


def measure(run: Run) -> Iterator[Finding]:
    """Functions and gateway do not depend on the engines, so those of before are measured alone, at the same time."""
    folder = run.folder / "application"
    folder.mkdir()
    write_application(folder, FUNCTIONS, "python3.12")
    with compose_stack(run, folder) as stack, ExitStack() as others:
        stack.up("--wait")
        absent, names = "", list[str]()
        try:
            for service, name, image in (
                ("dynamodb", "dynamodb-local", _OLD_DATABASE),
                ("s3", "rustfs", _OLD_STORAGE),
            ):
                names.append(others.enter_context(container(engines(service)[name], image, **_KEYS)).name)
        except Unavailable as error:
            absent = str(error)
        time.sleep(_SETTLES)
        found = by_kind(stack.memory())
        old = () if absent else (sum(memory_of_containers(*names).values()),)
    rest = found["functions"] + found["others"]
    what = f"{FUNCTIONS} functions, idle"
    whole = tuple(rest + each for each in old)
    yield Finding(f"{what}: memory of all containers", "MB", (rest + found["engines"],), OLD, whole, None, absent)
    yield Finding("of that, database and storage", "MB", (found["engines"],), OLD, old, None, absent)
    yield Finding("of that, the containers of functions", "MB", (found["functions"],))


def by_kind(services: Mapping[str, float]) -> dict[str, float]:
    """The MB of the database and storage, of the functions, and of the other services, by those of each service."""
    found = {"engines": 0.0, "functions": 0.0, "others": 0.0}
    for service, used in services.items():
        kind = "engines" if service in ENGINES else "others" if service in _OTHERS else "functions"
        found[kind] += used
    return found


_OTHERS: Final = frozenset(
    {backend.host for backend in BACKENDS} | {"bucket-hosts", "gateway", "provisioner", "storage-events"}
) - set(ENGINES)
