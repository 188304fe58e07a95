"""The databases: engines of the backing service `dynamodb`."""

from typing import Final

from esb_schemas.backends import backend
from esb_schemas.engines.engine import GATEWAY_CHECKS_SIGNATURES, Engine, Health

_DATABASE: Final = backend("dynamodb")
_NAMES: Final = "boto3 sends the name in Python functions; a build warns about ARNs in variables of others"

DATABASES: Final[tuple[Engine, ...]] = (
    Engine(
        service="dynamodb",
        name="dynoxide",
        image="ghcr.io/nubo-db/dynoxide:1.5.0",
        volume="database-dynoxide",
        data="/data",
        # Without a path it keeps everything in memory.
        command=(
            "serve",
            "--host",
            "0.0.0.0",  # noqa: S104 - of its container
            "--port",
            str(_DATABASE.port),
            "--db-path",
            "/data/dynamodb.sqlite",
        ),
        # The image has no other program, not even a shell.
        health=Health(("CMD", "/usr/local/bin/dynoxide", "healthcheck"), interval=2, retries=60),
        capabilities=frozenset({"transactions", "partiql", "streams", "tags", "deletion_protection"}),
        added_by_esb={
            "signatures": GATEWAY_CHECKS_SIGNATURES,
            "table_arns": _NAMES,
            "expiry": "the gateway looks for expired items once a minute, and deletes them",
        },
        purpose="one machine: one file, durable",
        licence="MIT or Apache-2.0",
        memory=2,
        tested=True,
        read_only=True,
    ),
    Engine(
        service="dynamodb",
        name="scylladb",
        image="scylladb/scylla:2025.1.4",
        volume="database",
        data="/var/lib/scylla",
        command=(
            "--smp=1",
            "--memory=750M",
            "--overprovisioned=1",
            "--developer-mode=1",
            f"--alternator-port={_DATABASE.port}",
            "--alternator-address=0.0.0.0",
            "--alternator-write-isolation=only_rmw_uses_lwt",
        ),
        # Probes the DynamoDB API: CQL is ready long before it.
        health=Health(
            (
                "CMD",
                "bash",
                "-c",
                f"exec 3<>/dev/tcp/127.0.0.1/{_DATABASE.port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3"
                " && while read -r -t 3 line <&3 || [[ $line ]]; do [[ $line == *healthy* ]] && exit; done; exit 1",
            ),
            retries=60,
            start_period=30,
        ),
        # scylladb issues 5064 (transactions) and 8787 (PartiQL) are open, and its streams are experimental.
        capabilities=frozenset({"expiry", "tags", "several_machines"}),
        added_by_esb={"signatures": GATEWAY_CHECKS_SIGNATURES, "table_arns": _NAMES},
        purpose="several machines, with a cluster of your own",
        licence="ScyllaDB Source Available License",
        memory=750,
        tested=False,
        cap_drop=(),
        no_new_privileges=False,
    ),
    Engine(
        service="dynamodb",
        name="dynamodb-local",
        image="amazon/dynamodb-local:2.5.2",
        volume="database-dynamodb-local",
        data="/data",
        command=(
            "-jar",
            "DynamoDBLocal.jar",
            "-port",
            str(_DATABASE.port),
            "-sharedDb",
            "-disableTelemetry",
            "-dbPath",
            "/data",
        ),
        # It answers 400 to other requests than DynamoDB's.
        health=Health(
            (
                "CMD",
                "bash",
                "-c",
                f"exec 3<>/dev/tcp/127.0.0.1/{_DATABASE.port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3"
                " && read -r -t 3 line <&3 && [[ $line == HTTP/* ]]",
            ),
            interval=2,
            retries=60,
        ),
        capabilities=frozenset({"transactions", "partiql", "streams", "expiry", "tags"}),
        added_by_esb={"signatures": GATEWAY_CHECKS_SIGNATURES, "table_arns": _NAMES},
        purpose="a second opinion on what AWS answers",
        licence="Amazon DynamoDB Local License: development and tests only",
        memory=None,
        tested=False,
        # The image's own user cannot write a new volume, and root without this capability cannot read that user's home.
        user="root",
        cap_add=("DAC_OVERRIDE",),
        no_new_privileges=False,
        init=True,
    ),
)
