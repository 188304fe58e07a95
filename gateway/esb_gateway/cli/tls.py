"""The options --tls-cert and --tls-key."""

from __future__ import annotations

import argparse
from collections.abc import Mapping


def with_tls(environment: Mapping[str, str], options: argparse.Namespace) -> Mapping[str, str]:
    """The environment with what the options say in its place."""
    given = {"ESB_TLS_CERT": options.tls_cert, "ESB_TLS_KEY": options.tls_key}
    return {**environment, **{name: value for name, value in given.items() if value is not None}}
