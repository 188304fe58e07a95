"""The log servers: engines of the backing service `logs`."""

from typing import Final

from esb_schemas.backends import LOGS_AUTH, backend
from esb_schemas.engines.engine import Engine, Health

_LOGS: Final = backend("logs")

LOG_SERVERS: Final[tuple[Engine, ...]] = (
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
        # Flags, too: every user of the machine can see passwords on a command line.
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
