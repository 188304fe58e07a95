"""The table of engines: the servers that can stand behind a backing service, and what each of them can do.

`esb build` makes the Compose files of it and warns if a template needs what the chosen engine lacks, `esb-gateway`
makes up for what `made_up` names, and docs/engines.md is generated from it (engine_reference.py). A new engine is one
new row. Engines never share a volume, because none of them can read another's files.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from esb_schemas import storage_events
from esb_schemas.backends import BACKENDS, LOGS_AUTH, Backend, backend

ACCESS_KEY: Final = "${ESB_ACCESS_KEY_ID:?run esb build again}"  # in Compose's syntax: .env has them
S3_IDENTITIES: Final = "ESB_S3_IDENTITIES"  # of .env: pairs of credentials of the stack and of each function
SECRET_KEY: Final = "${ESB_SECRET_ACCESS_KEY:?run esb build again}"  # noqa: S105 - a variable


CERTIFICATE: Final = "${ESB_ENGINE_CERTIFICATE:?run esb build again}"  # with its key, as PEM in Base64


EXTERNAL: Final = "external"  # in place of an engine's name: a server that is there already


class Capability(NamedTuple):
    """A capability that an engine may lack. `label` is for people: "An engine without {label}".

    `needed_by` has the key of an entry of resources.yml that needs it, and below it the key that has to be true, if
    any; None if no entry of that file can tell. `then`: what happens on an engine without it.
    """

    name: str
    service: str
    label: str
    then: str
    needed_by: tuple[str, ...] | None = None


CAPABILITIES: Final[tuple[Capability, ...]] = (
    Capability("signatures", "dynamodb", "signature checks", "its port is not published as it is"),
    Capability("transactions", "dynamodb", "transactions", "TransactWriteItems and TransactGetItems fail"),
    Capability("partiql", "dynamodb", "PartiQL", "ExecuteStatement and the other PartiQL operations fail"),
    Capability(
        "streams",
        "dynamodb",
        "streams",
        "the table has no stream",
        ("StreamSpecification", "StreamEnabled"),
    ),
    Capability(
        "expiry",
        "dynamodb",
        "time to live",
        "expired items stay until something deletes them",
        ("TimeToLiveSpecification", "Enabled"),
    ),
    Capability("tags", "dynamodb", "tags of tables", "the tags are not stored", ("Tags",)),
    Capability(
        "point_in_time_recovery",
        "dynamodb",
        "point-in-time recovery",
        "there are no backups; esb-provision export makes one",
        ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
    ),
    Capability(
        "deletion_protection",
        "dynamodb",
        "deletion protection",
        "DeleteTable deletes the table",
        ("DeletionProtectionEnabled",),
    ),
    Capability("table_arns", "dynamodb", "ARNs as TableName", "a call with an ARN as TableName fails"),
    Capability("several_machines", "dynamodb", "several machines", "one container has all of the data"),
    Capability("signatures", "s3", "signature checks", "its port is not published as it is"),
    Capability("function_credentials", "s3", "credentials of each function", "--credentials function is refused"),
    Capability(
        "notifications",
        "s3",
        "event notifications",
        "nothing is invoked when objects change",
        ("NotificationConfiguration",),
    ),
    Capability("lifecycle", "s3", "lifecycle rules", "objects do not expire", ("LifecycleConfiguration",)),
    Capability(
        "public_access_block",
        "s3",
        "public access blocks",
        "the block is not stored; without a bucket policy nothing is public",
        ("PublicAccessBlockConfiguration",),
    ),
    Capability("several_machines", "s3", "several machines", "one container has all of the data"),
    Capability("signatures", "logs", "passwords", "its port is not published as it is"),
    Capability("several_machines", "logs", "several machines", "one container has all of the data"),
)


class Health(NamedTuple):
    """Compose's health check; times in seconds."""

    test: tuple[str, ...]
    interval: int = 5
    timeout: int = 5
    retries: int = 24
    start_period: int | None = None


class Engine(NamedTuple):
    """A server that can stand behind the backing service `service`.

    `image` is pinned by its exact version, and `pinned_image` by its digest, too, if `nox -s digests` could ask for it.
    How Compose starts it: `entrypoint`, if it is not the image's, `command`, `environment` with values in Compose's own
    syntax, a `volume` at `data`, and a `user` if it is not the image's.
    `capabilities` are names of CAPABILITIES; `made_up` has those that ESB adds, with how. `memory` is what docker
    stats shows when it is idle, in MB, if it was measured. `tested`: whether the end-to-end tests run it; other rows
    are from the server's documentation. `webhook` is the further environment by which it sends changes of objects to
    the service `storage-events`.
    """

    service: str
    name: str
    image: str
    volume: str
    data: str
    command: tuple[str, ...]
    health: Health
    capabilities: frozenset[str]
    purpose: str
    licence: str
    memory: int | None
    tested: bool
    made_up: Mapping[str, str] = MappingProxyType({})
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})
    user: str | None = None
    cap_drop: tuple[str, ...] = ("ALL",)
    cap_add: tuple[str, ...] = ()
    no_new_privileges: bool = True
    read_only: bool = False
    tmpfs: Mapping[str, int] = MappingProxyType({})  # MB, by path
    init: bool = False
    stop_grace: int | None = None  # seconds, if not Docker's 10
    webhook: Mapping[str, str] = MappingProxyType({})

    @property
    def backend(self) -> Backend:
        """The row of the backing service."""
        return backend(self.service)

    @property
    def pinned_image(self) -> str:
        """The image with its digest, if it is known."""
        digest = _DIGESTS.get(self.image)
        return self.image if digest is None else f"{self.image}@{digest}"

    @property
    def is_external(self) -> bool:
        """Whether it is a server that people run themselves, at the URL of the backing service's `url_variable`."""
        return self.name == EXTERNAL


_DIGESTS: Final[Mapping[str, str]] = json.loads(
    Path(__file__).with_name("image_digests.json").read_text(encoding="utf-8")
)

_DATABASE: Final = backend("dynamodb")
_STORAGE: Final = backend("s3")
_LOGS: Final = backend("logs")

_CERTIFICATE_FILE: Final = "/tmp/esb.pem"  # noqa: S108 - of its container

# The key that objects are encrypted with lies beside them, because without it they cannot be read again. Beside the
# server: each object is on the disk before its PUT is answered, and what lifecycle rules say is done once a day.
# `fs.configure -apply` prints the setting before it stores it, so it is printed a second time, as it is stored then. A
# reader that ends early, as `grep -q` does, can end the shell between the two.
_SEAWEEDFS_START: Final = f"""\
set -eu
umask 077
printf %s "$ESB_CERTIFICATE" | base64 -d >{_CERTIFICATE_FILE}
[ -s /data/sse.key ] || {{ head -c 32 /dev/urandom | base64 >/data/sse.new && mv /data/sse.new /data/sse.key; }}
export WEED_S3_SSE_KEY="$(cat /data/sse.key)"
printenv ESB_S3_IDENTITIES | base64 -d >/tmp/identities.json
[ ! -s /tmp/identities.json ] || set -- -s3.config=/tmp/identities.json
unset ESB_CERTIFICATE ESB_S3_IDENTITIES
in_shell() {{ echo "$1" | weed shell -master=127.0.0.1:9333 -filer=127.0.0.1:8888; }}
{{
    until curl -fs http://127.0.0.1:9333/dir/status | grep -q '"DataNodes":.{{"Url"'; do sleep 0.2; done
    until curl -fs -o /dev/null http://127.0.0.1:{_STORAGE.port}/healthz; do sleep 0.2; done
    until [ "$(in_shell "fs.configure -locationPrefix=/buckets/ -fsync -apply
fs.configure" | grep -c '"fsync"')" -ge 2 ]; do sleep 0.5; done
    : >/tmp/ready
    while :; do
        until in_shell "s3.lifecycle.run-shard -shards 0-15 -events 0 -s3 127.0.0.1:{_STORAGE.port + 10000}" |
            grep "shards 0-15 complete"; do sleep 10; done
        sleep 86400
    done
}} &
exec weed -logtostderr=true server -dir=/data -ip=127.0.0.1 -ip.bind=127.0.0.1 -filer -s3 -s3.ip.bind=0.0.0.0 \\
    -s3.port={_STORAGE.port} -s3.domainName={_STORAGE.host} -s3.autoCreateBucket=false \\
    -s3.allowDeleteBucketNotEmpty=false -s3.allowedOrigins= -s3.port.iceberg=0 -s3.port.lance=0 \\
    -master.telemetry=false -master.volumeSizeLimitMB=1024 -master.electionTimeout=1s -volume.max=1000 \\
    -volume.preStopSeconds=0 "$@"
"""

STORAGE_EVENTS_HOST: Final = "storage-events"
STORAGE_EVENTS_URL: Final = f"http://{STORAGE_EVENTS_HOST}:{storage_events.PORT}"
_WEBHOOK: Final = f"RUSTFS_NOTIFY_WEBHOOK_{{}}_{storage_events.WEBHOOK.upper()}"
_RUSTFS_WEBHOOK: Final = {
    "RUSTFS_NOTIFY_ENABLE": "true",
    _WEBHOOK.format("ENABLE"): "on",
    _WEBHOOK.format("ENDPOINT"): f"{STORAGE_EVENTS_URL}{storage_events.PATH}",
    _WEBHOOK.format("AUTH_TOKEN"): f"${{{storage_events.TOKEN_VARIABLE}:?run esb build again}}",
    # Beside the buckets. A folder whose name has less than three characters cannot be taken for one.
    _WEBHOOK.format("QUEUE_DIR"): "/data/.q",
    # It calls no address of a private network that is not named here.
    "RUSTFS_OUTBOUND_ALLOW_ORIGINS": STORAGE_EVENTS_URL,
}

_NAMES: Final = "boto3 sends the name in Python functions; a build warns about ARNs in variables of others"
_BY_THE_GATEWAY: Final = "the host machine's port leads through the gateway, which checks signatures"

ENGINES: Final[tuple[Engine, ...]] = (
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
        # There is nothing else in the image, no shell either.
        health=Health(("CMD", "/usr/local/bin/dynoxide", "healthcheck"), interval=2, retries=60),
        capabilities=frozenset({"transactions", "partiql", "streams", "tags", "deletion_protection"}),
        made_up={
            "signatures": _BY_THE_GATEWAY,
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
        # Asks the DynamoDB API itself: CQL answers long before it does.
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
        # Its issues 5064 (transactions) and 8787 (PartiQL) are open, and its streams are an experiment.
        capabilities=frozenset({"expiry", "tags", "several_machines"}),
        made_up={"signatures": _BY_THE_GATEWAY, "table_arns": _NAMES},
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
        # It answers 400 to what is no DynamoDB request.
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
        made_up={"signatures": _BY_THE_GATEWAY, "table_arns": _NAMES},
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
    Engine(
        service="s3",
        name="seaweedfs",
        image="chrislusf/seaweedfs:4.48",
        volume="s3-storage-seaweedfs",
        data="/data",
        entrypoint=("sh", "-c"),
        command=(_SEAWEEDFS_START,),
        environment={
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "ESB_CERTIFICATE": CERTIFICATE,
            "GOMEMLIMIT": "256MiB",
            # With a certificate each part of it asks the others for theirs. Without, whoever reaches the port of the
            # S3 API's gRPC, which cannot be closed, could make an administrator.
            "WEED_GRPC_CA": _CERTIFICATE_FILE,
            **{
                f"WEED_GRPC_{part}_{kind}": _CERTIFICATE_FILE
                for part in ("MASTER", "VOLUME", "FILER", "S3", "CLIENT")
                for kind in ("CERT", "KEY")
            },
            "WEED_JWT_FILER_SIGNING_KEY": SECRET_KEY,
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",  # a file for each bucket, not seven
        },
        # It answers before it can read and write; the file is there once it has taken its settings.
        health=Health(
            (
                "CMD",
                "sh",
                "-c",
                f"test -e /tmp/ready && curl -fsS -o /dev/null http://127.0.0.1:{_STORAGE.port}/healthz",
            ),
            interval=2,
            retries=60,
        ),
        capabilities=frozenset({"signatures", "function_credentials", "several_machines"}),
        made_up={
            "lifecycle": "expired objects are deleted when the server starts, and then once a day",
            "notifications": "a process beside the server reads its log, and the gateway notifies; not in a swarm",
        },
        purpose="one machine, durable; several with a cluster of your own",
        licence="Apache-2.0",
        memory=36,
        tested=True,
        # Its image gives its folder to a user of its own. Root without this capability could not write there.
        user="root",
        cap_add=("DAC_OVERRIDE",),
        read_only=True,
        tmpfs={"/tmp": 64},  # noqa: S108 - of its container
        init=True,
        stop_grace=20,  # it takes 15 s
    ),
    Engine(
        service="s3",
        name="rustfs",
        image="rustfs/rustfs:1.0.1",
        volume="s3-storage",
        data="/data",
        command=(),
        environment={
            "RUSTFS_ACCESS_KEY": ACCESS_KEY,
            "RUSTFS_ADDRESS": f":{_STORAGE.port}",
            "RUSTFS_CONSOLE_ENABLE": "false",
            "RUSTFS_OBS_LOG_DIRECTORY": "",  # to stdout; the image would write files inside the container
            "RUSTFS_SECRET_KEY": SECRET_KEY,
            # http://<bucket>.<host>:<port> works beside http://<host>:<port>/<bucket>. A name that is not in this list
            # may be taken for a bucket's, so those that people use stand here too.
            "RUSTFS_SERVER_DOMAINS": (
                f"{_STORAGE.host},localhost:${{{_STORAGE.port_variable}:-{_STORAGE.port}}},${{ESB_S3_DOMAINS:-localhost}}"
            ),
            "RUSTFS_VOLUMES": "/data",
        },
        health=Health(
            ("CMD", "curl", "-fsS", "-o", "/dev/null", f"http://127.0.0.1:{_STORAGE.port}/health"), start_period=10
        ),
        capabilities=frozenset({"signatures", "lifecycle", "public_access_block", "several_machines"}),
        made_up={"notifications": "a process takes what the server sends to its webhook, and the gateway notifies"},
        webhook=_RUSTFS_WEBHOOK,
        purpose="existing data",
        licence="Apache-2.0",
        memory=None,
        tested=False,
    ),
    Engine(
        service="logs",
        name="victorialogs",
        image="victoriametrics/victoria-logs:v1.52.0",
        volume="victorialogs",
        data="/vlogs",
        command=(
            "-storageDataPath=/vlogs",
            f"-httpListenAddr=:{_LOGS.port}",
            "-retentionPeriod=30d",
            "-envflag.enable",
        ),
        # Flags too: passwords on a command line are for everybody to see.
        environment={
            "httpAuth_password": f"${{{LOGS_AUTH.set_password_variable}:?run esb build again}}",
            "httpAuth_username": f"${{{LOGS_AUTH.set_username_variable}:-{LOGS_AUTH.username}}}",
            "http_disableCORS": "true",
        },
        health=Health(("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{_LOGS.port}/health")),
        capabilities=frozenset({"signatures"}),
        purpose="the lines of all containers",
        licence="Apache-2.0",
        memory=30,
        tested=True,
    ),
)


class Retired(NamedTuple):
    """An engine that ESB no longer starts, by the volume that stacks have which were built with it."""

    service: str
    name: str
    volume: str
    reason: str


RETIRED: Final = (Retired("s3", "minio", "s3-storage-minio", "the project was archived in April 2026"),)


def engines(service: str) -> Mapping[str, Engine]:
    """The engines of a backing service by name; the first is the default."""
    return {engine.name: engine for engine in ENGINES if engine.service == service}


def external(service: str) -> Engine:
    """A server that people run themselves: it is not started, and taken to do all that the service can do.

    But nothing tells the gateway of what changes there.
    """
    return Engine(
        service=service,
        name=EXTERNAL,
        image="",
        volume="",
        data="",
        command=(),
        health=Health(()),
        capabilities=frozenset(each.name for each in CAPABILITIES if each.service == service) - {"notifications"},
        purpose="a server that you already run",
        licence="",
        memory=None,
        tested=False,
    )


def choose(**names: str) -> tuple[Engine, ...]:
    """An engine for each backing service that is not ESB's own: as `names` say, else the default. Raises KeyError."""
    of_services = ((row.service, engines(row.service)) for row in BACKENDS if not row.own)
    return tuple(
        external(service) if names.get(service) == EXTERNAL else found[names.get(service, next(iter(found)))]
        for service, found in of_services
    )


DEFAULT_ENGINES: Final = choose()


def lacks(engine: Engine) -> Iterator[Capability]:
    """The capabilities of its service that neither the engine nor ESB has."""
    for capability in CAPABILITIES:
        if capability.service == engine.service and capability.name not in {*engine.capabilities, *engine.made_up}:
            yield capability


def is_needed(capability: Capability, entry: Mapping[str, Any]) -> bool:
    """Whether an entry of resources.yml needs the capability."""
    if capability.needed_by is None:
        return False
    value: Any = entry
    for key in capability.needed_by:
        value = value.get(key) if isinstance(value, Mapping) else None
    return bool(value)


def option(service: str) -> Literal["--database", "--storage"] | None:
    """The option of `esb build` that chooses the engine; None if there is one engine only."""
    return _OPTIONS.get(service)


_OPTIONS: Final[Mapping[str, Literal["--database", "--storage"]]] = {"dynamodb": "--database", "s3": "--storage"}
