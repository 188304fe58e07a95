"""`esb-gateway events`: asks a running gateway about its asynchronous invocations."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from esb_gateway.admin.events_client import EventsClient, table
from esb_gateway.cli.exit_codes import EventsExit, Exit
from esb_gateway.cli.gateway_url import gateway_url
from esb_gateway.client.gateway_client import GatewayClient, credentials_in, folder_of
from esb_gateway.local.folder.credentials import SECRETS, read_credentials


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    client = EventsClient(client_of(options, environment))
    match options.action:
        case "list":
            return _list(options, client)
        case "show":
            return _show(options, client)
        case "retry":
            return _change(options, client.retry, "to run")
        case _:
            return _change(options, client.drop, "dropped")


def _list(options: argparse.Namespace, client: EventsClient) -> int:
    query = {"state": options.state, "function": options.function, "limit": options.limit}
    found = client.overview({name: value for name, value in query.items() if value is not None})
    print(json.dumps(found) if options.json else table(found, client.gateway.now))
    return Exit.DONE


def _show(options: argparse.Namespace, client: EventsClient) -> int:
    found = client.details(options.id)
    if found is None:
        return _no_such_event([options.id])
    print(json.dumps(found, indent=None if options.json else 2))
    return Exit.DONE


def _change(options: argparse.Namespace, change: Callable[[str], bool], done_word: str) -> int:
    found = {name: change(name) for name in dict.fromkeys(options.ids)}
    done = [name for name, known in found.items() if known]
    missing = [name for name, known in found.items() if not known]
    print(json.dumps({"done": done, "missing": missing}) if options.json else f"{len(done)} {done_word}")
    return _no_such_event(missing) if missing else Exit.DONE


def _no_such_event(names: Sequence[str]) -> int:
    print(f"esb-gateway: {', '.join(names)}: no such event; it has ended, or was dropped.", file=sys.stderr)
    return EventsExit.NO_SUCH_EVENT


def client_of(options: argparse.Namespace, environment: Mapping[str, str]) -> GatewayClient:
    """With the credentials of the folder; else of the environment, as a container has them."""
    root = folder_of(options.root)
    secrets = root / SECRETS
    known = read_credentials(secrets) if options.root is not None or secrets.exists() else environment
    return GatewayClient(gateway_url(options.url, root, environment), credentials_in(known), time.time())
