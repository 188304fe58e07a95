"""The Compose files: the stack for Compose and for Swarm, `develop.watch` rules, and the project's include."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from esb_generator.model import Application
from esb_generator.output.files.folders import IGNORED
from esb_generator.output.files.source_files import SECRET_FILES
from esb_generator.output.images.build_stages import stack_secrets
from esb_generator.output.images.containers import (
    RUNTIME_ALIAS,
    Container,
    ImageFacts,
    container_of,
    endpoints,
    own_backends,
    unset,
    with_addresses,
)
from esb_generator.output.rendering.texts import render
from esb_schemas.agreements.storage_events import PORT as STORAGE_EVENTS_PORT
from esb_schemas.agreements.storage_events import TOKEN_VARIABLE
from esb_schemas.backends import GATEWAY_URL, HOST_IP, Backend, backend
from esb_schemas.engines.engine import CERTIFICATE, S3_IDENTITIES, Engine
from esb_schemas.engines.storages import STORAGE_EVENTS_URL
from esb_schemas.engines.table import DEFAULT_ENGINES
from esb_schemas.environment.gateway import GATEWAY
from esb_schemas.settings_files.site_settings import SITE_FILE

DATA_NODE = "set it in esb.env to the node that keeps the data, by its name in docker node ls"
LONGEST_SWARM_NAME = 32  # of a service: Swarm allows 63 characters together with the stack's name


class WatchedFolder(NamedTuple):
    """A folder or file of the sources, relative to the output folder, and its path in the container."""

    source: str
    target: str


class Hashes(NamedTuple):
    """The content hashes in names and labels.

    `functions` and `services` have those of build contexts by name, `documents` those of the contract's files by kind,
    `mounted` is that of the files that are mounted into image functions.
    """

    functions: Mapping[str, str]
    services: Mapping[str, str]
    documents: Mapping[str, str]
    mounted: str


def containers(
    application: Application, hashes: Hashes, images: Mapping[str, ImageFacts] = MappingProxyType({})
) -> list[Container]:
    """The containers of the functions; `images` has facts about their images, by logical id."""
    unknown = ImageFacts()
    return [
        container_of(each, application, hashes.functions[each.name], images.get(each.logical_id, unknown))
        for each in application.functions
    ]


def stack(
    application: Application,
    hashes: Hashes,
    made: Sequence[Container],
    engines: Sequence[Engine] = DEFAULT_ENGINES,
    *,
    swarm: bool = False,
) -> str:
    """docker-compose.services.yml, or docker-stack.yml for a swarm; `made` are the `containers`."""
    own = own_backends(application)
    storage_events = _storage_events(application, engines, swarm=swarm)
    engines = [_configured(engine, application, storage_events) for engine in engines]
    outside = {engine.service for engine in engines if engine.is_external}
    addresses = endpoints(own, swarm=swarm, external=outside)
    functions = [with_addresses(each, addresses) for each in made]
    return render(
        "docker-stack.yml.j2" if swarm else "docker-compose.services.yml.j2",
        {
            "swarm": swarm,
            "name": project_name(application.stack_name),
            "region": application.region,
            "data_node": DATA_NODE,
            "hashes": hashes,
            "host_ip": HOST_IP,
            "unset": unset(swarm=swarm),
            "endpoints": {name: f'"{url}"' if "$" in url else url for name, url in addresses.items()},
            "data_servers": _data_servers(engines, own, addresses),
            "own": own,
            "functions": [_for_swarm(each) for each in functions] if swarm else functions,
            "build_secrets": stack_secrets(each.inputs for each in made),
            **_engine_values(engines),
            **_application_values(application),
            **_gateway_values(),
            **_storage_event_values(storage_events),
            "volumes": _volumes(engines, own, storage_events),
            "buckets": [] if "s3" in outside else [bucket.name for bucket in application.resources.get("S3", ())],
        },
    )


def _engine_values(engines: Sequence[Engine]) -> dict[str, Any]:
    """The servers of the backing services, and the capabilities that the gateway adds to them."""
    return {
        "engines": [engine for engine in engines if not engine.is_external],
        "servers": [engine.backend for engine in engines],
        "sweeps": any("expiry" in engine.added_by_esb for engine in engines),
        "unsigned": [engine.backend for engine in engines if "signatures" not in engine.capabilities],
        "logs": backend("logs"),
        "storage": backend("s3"),
        "certificate": CERTIFICATE,
    }


def _application_values(application: Application) -> dict[str, Any]:
    entries = list(chain.from_iterable(application.resources.values()))
    return {
        "reads_streams": _reads_streams(application),
        "has_seeds": any(entry.seed for entry in entries),
        "closed": any(not function.entry.egress for function in application.functions),
        "secrets": [name for entry in entries for name in entry.secrets],
    }


def _gateway_values() -> dict[str, Any]:
    return {
        "gateway_settings": [row.name for row in GATEWAY if row.site],
        "gateway_url": GATEWAY_URL,
        "runtime_alias": RUNTIME_ALIAS,
    }


def _storage_event_values(storage: Engine | None) -> dict[str, Any]:
    return {
        "storage_events": storage,
        "storage_events_port": STORAGE_EVENTS_PORT,
        "storage_events_url": _storage_events_url(storage),
        "storage_events_token": TOKEN_VARIABLE,
    }


def _volumes(engines: Sequence[Engine], own: Sequence[Backend], storage_events: Engine | None) -> list[str]:
    return [
        *(engine.volume for engine in engines if not engine.is_external),
        *(["cloud"] if own else []),
        *(["storage-events"] if storage_events and storage_events.webhook else []),
        "events",
        "backup",
    ]


def _configured(engine: Engine, application: Application, storage_events: Engine | None) -> Engine:
    """An engine with the environment for this application."""
    if application.function_credentials:
        engine = _with_identities(engine)
    return _with_webhook(engine) if engine.service == "s3" and storage_events else engine


def _with_identities(engine: Engine) -> Engine:
    """The engine with the credentials of each function, if it supports that."""
    if "function_credentials" not in engine.capabilities:
        return engine
    identities = f"${{{S3_IDENTITIES}:?run esb build again}}"
    return engine._replace(environment={**engine.environment, S3_IDENTITIES: identities})


def _data_servers(engines: Sequence[Engine], own: Sequence[Backend], addresses: Mapping[str, str]) -> str:
    """Identifies the data that the provisioner works on: another server or volume has no resources yet."""
    servers = (engine for engine in engines if engine.backend.required)
    data = (addresses[each.backend.endpoint_variable] if each.is_external else each.volume for each in servers)
    return " ".join([*data, *(addresses[row.endpoint_variable] for row in own)])


def _reads_streams(application: Application) -> bool:
    return any(event.type == "dynamodb" for function in application.functions for event in function.entry.events)


def _with_webhook(engine: Engine) -> Engine:
    return engine._replace(environment={**engine.environment, **engine.webhook})


def _storage_events(application: Application, engines: Sequence[Engine], *, swarm: bool) -> Engine | None:
    """The storage, if buckets have notifications and its log can be read or it calls a webhook.

    The log is read on the storage's loopback; in a swarm, services cannot share a network namespace.
    """
    storage = next(engine for engine in engines if engine.service == "s3")
    is_possible = "notifications" in storage.added_by_esb and not (swarm and not storage.webhook)
    return storage if application.notifies and is_possible else None


def _storage_events_url(storage: Engine | None) -> str:
    if storage is None or storage.webhook:
        return STORAGE_EVENTS_URL
    return f"http://{storage.backend.host}:{STORAGE_EVENTS_PORT}"


def watch(watched: Mapping[str, Sequence[WatchedFolder]], unwatched: Sequence[str] = ()) -> str:
    """docker-compose.watch.yml, used in addition to the stack: the folders that are synced into each service.

    `unwatched` are functions and layers that must be built after each change.
    """
    return render(
        "docker-compose.watch.yml.j2",
        {"watched": watched, "unwatched": unwatched, "ignored": [*IGNORED, *SECRET_FILES, "node_modules"]},
    )


def stack_include(stack_name: str) -> str:
    """docker-compose.yml: it includes the stack with the settings of the site, `esb.env` beside the folder."""
    return render("docker-compose.yml.j2", {"name": project_name(stack_name), "settings": SITE_FILE})


def include(stack_name: str, folder: str) -> str:
    """The compose.yaml of the project's root, which includes the stack below `folder`."""
    return render("compose.yaml.j2", {"name": project_name(stack_name), "folder": folder})


def project_name(stack_name: str) -> str:
    """A stack's name in the characters that Compose allows: lower case letters, digits, dashes and underscores."""
    return re.sub(r"[^a-z0-9_-]", "-", stack_name.lower()).lstrip("-_") or "esb"


def _for_swarm(container: Container) -> Container:
    name = container.service
    if len(name) <= LONGEST_SWARM_NAME:
        return container
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return container._replace(service=f"{name[: LONGEST_SWARM_NAME - 9]}-{digest}")
