"""`esb-gateway keys` and `esb-gateway token`: what the stack issues."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

from esb_gateway.apis.auth.api_keys import key_lines
from esb_gateway.apis.auth.issuing import TokenRequest, issue_token
from esb_gateway.cli.running import print_note
from esb_gateway.configuration.compiling import load_configuration
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.local.folder.reading import folder_secret
from esb_gateway.settings import read_settings


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    configuration, secret = _stack(options.root, environment)
    if options.command == "keys":
        if not configuration.api_keys:
            print_note(
                "the application has no API keys; AWS::ApiGateway::ApiKey, or Auth.UsagePlan of an API, makes one"
            )
        for line in key_lines(configuration.api_keys, secret):
            print(line)
    else:
        print(issue_token(_request(options), configuration.routes, secret, time.time()))


def _request(options: argparse.Namespace) -> TokenRequest:
    return TokenRequest(
        pool=options.pool,
        issuer=options.issuer,
        client=options.client,
        scopes=tuple(options.scope),
        claims=tuple(options.claim),
        expires=options.expires,
        use=options.use,
    )


def _stack(root: Path | None, environment: Mapping[str, str]) -> tuple[Configuration, str]:
    """The configuration and the secret: of a folder, or of the container that the command runs in."""
    if root is None and environment.get("ESB_RUNTIME_SECRET"):
        settings = read_settings(environment)
        return load_configuration(settings.config_dir), settings.runtime_secret
    folder = root or Path(".esb")
    return load_configuration(folder / "config"), folder_secret(folder)
