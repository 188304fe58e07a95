"""`esb-gateway env`: the variables by which SDKs, the AWS CLI and tests reach the stack.

A gateway of `esb-gateway local` says where its servers are. Otherwise they are those of Docker Compose, at the ports
that its variables name.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path

from esb_gateway.admin.env_client import embedded_variables
from esb_gateway.cli.gateway_url import gateway_url
from esb_gateway.cli.running import print_note
from esb_gateway.client.environment import SHELLS, published_variables
from esb_gateway.client.gateway_client import GatewayClient, NoServerError, credentials_in, folder_of
from esb_gateway.client.gateway_url import GATEWAY_URL_VARIABLE
from esb_gateway.local.engines.cloud import needs_cloud, region_of
from esb_gateway.local.folder.credentials import ENV_FILE, SECRETS, read_credentials
from esb_gateway.local.rooted_paths import file_below, read_private
from esb_schemas.settings_files.site_settings import read_assignments


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    root = folder_of(options.root)
    credentials = read_credentials(root / SECRETS)
    settings = {**_compose_settings(root), **environment}
    settings.pop(GATEWAY_URL_VARIABLE, None)  # of an earlier call, maybe for another stack
    url = gateway_url(options.url, root, settings)
    variables = {
        "AWS_ACCESS_KEY_ID": credentials["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": credentials["AWS_SECRET_ACCESS_KEY"],
        "AWS_DEFAULT_REGION": region_of(root),
        "AWS_REGION": region_of(root),
        GATEWAY_URL_VARIABLE: url,
        **_addresses(GatewayClient(url, credentials_in(credentials), time.time()), root, settings),
    }
    if options.json:
        print(json.dumps(variables))
    else:
        print("\n".join(SHELLS[options.shell](dict(sorted(variables.items())))))


def _addresses(gateway: GatewayClient, root: Path, settings: Mapping[str, str]) -> Mapping[str, str]:
    try:
        if embedded := embedded_variables(gateway):
            return embedded
    except NoServerError:
        print_note(
            f"no gateway answers at {gateway.url} (--url names another); these are the addresses of docker compose"
        )
    return published_variables(gateway.url, settings, own=needs_cloud(root))


def _compose_settings(root: Path) -> dict[str, str]:
    """`.env` of the folder; the project's files are in the environment. Raises ConfigurationError."""
    if file_below(root, ENV_FILE).exists():
        return read_assignments(read_private(root / ENV_FILE))
    return {}
