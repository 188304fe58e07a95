"""The storages: engines of the backing service `s3`."""

from typing import Final

from esb_schemas.agreements import storage_events
from esb_schemas.backends import backend
from esb_schemas.engines.engine import ACCESS_KEY, CERTIFICATE, SECRET_KEY, Engine, Health

_STORAGE: Final = backend("s3")

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

# As in SeaweedFS, the key of encrypted objects lies beside them, and like the queue in a name too short for a bucket.
_RUSTFS_START: Final = """\
set -eu
umask 077
[ -s /data/.k ] || { head -c 32 /dev/urandom | base64 -w 0 >/data/.k.new && mv /data/.k.new /data/.k; }
export RUSTFS_SSE_S3_MASTER_KEY="$(cat /data/.k)"
exec /entrypoint.sh rustfs
"""

STORAGES: Final[tuple[Engine, ...]] = (
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
        added_by_esb={
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
        entrypoint=("sh", "-c"),
        command=(_RUSTFS_START,),
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
        added_by_esb={
            "notifications": "a process takes what the server sends to its webhook, and the gateway notifies"
        },
        webhook=_RUSTFS_WEBHOOK,
        purpose="existing data",
        licence="Apache-2.0",
        memory=None,
        tested=False,
    ),
)
