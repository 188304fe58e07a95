"""The settings in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.settings import read_settings
from esb_wire.http.limits import ConnectionLimits

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}


@pytest.mark.parametrize("text", ["x", "-1", "1024"])
def test_a_size_that_is_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="ESB_EVENTS_MAX_BYTES"):
        read_settings({**KEYS, "ESB_EVENTS_MAX_BYTES": text})


def test_the_environment_gives_the_settings() -> None:
    settings = read_settings({**KEYS, "ESB_PORT": "0", "ESB_CONFIG_DIR": "/c", "ESB_ACCESS_LOG": "off"})
    assert (settings.port, settings.runtime_port, settings.config_dir, settings.access_log) == (
        0,
        9001,
        Path("/c"),
        False,
    )
    assert (settings.auth, settings.access_key, settings.secret_key) == (True, "a", "s")
    assert read_settings({"ESB_AUTH": "off"}).auth is False


def test_limits_of_the_environment() -> None:
    names = (
        "IDLE_TIMEOUT",
        "HEAD_TIMEOUT",
        "BODY_TIMEOUT",
        "WRITE_TIMEOUT",
        "MAX_CONNECTIONS",
        "MAX_CONNECTIONS_PER_ADDRESS",
    )
    said = {f"ESB_{name}": str(number) for number, name in enumerate(names, 1)}
    assert read_settings({**KEYS, **said}).limits == ConnectionLimits(1, 2, 3, 4, 5, 6)
    assert read_settings({**KEYS, "ESB_HEAD_TIMEOUT": ""}).limits == ConnectionLimits()
    assert [read_settings({**KEYS, "ESB_DRAIN_SECONDS": text}).drain_seconds for text in ("0", "2.5")] == [0, 2.5]


def test_tls_of_the_environment() -> None:
    settings = read_settings({**KEYS, "ESB_TLS_CERT": "/c", "ESB_TLS_KEY": "/k", "ESB_PLAIN_PORT": "8080"})
    assert (settings.tls, settings.plain_port) == ((Path("/c"), Path("/k")), 8080)
    without = read_settings({**KEYS, "ESB_TLS_CERT": "", "ESB_TLS_KEY": "", "ESB_PLAIN_PORT": ""})
    assert (without.tls, without.plain_port) == (None, None)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed"),
        ({**KEYS, "ESB_PORT": "http"}, "ESB_PORT=http is not a port"),
        ({**KEYS, "ESB_RUNTIME_PORT": "70000"}, "ESB_RUNTIME_PORT=70000 is not a port"),
        ({**KEYS, "ESB_AUTH": "no"}, "ESB_AUTH=no is neither on nor off"),
        ({**KEYS, "ESB_TLS_KEY": "/k"}, "ESB_TLS_CERT and ESB_TLS_KEY are set together or not at all"),
        ({**KEYS, "ESB_HEAD_TIMEOUT": "0"}, "ESB_HEAD_TIMEOUT=0 is not a number of seconds from 1 to 3600"),
        ({**KEYS, "ESB_DRAIN_SECONDS": "nan"}, "ESB_DRAIN_SECONDS=nan is not a number of seconds from 0 to 3600"),
        ({**KEYS, "ESB_MAX_CONNECTIONS": "none"}, "ESB_MAX_CONNECTIONS=none is not a number of connections"),
        (
            {**KEYS, "ESB_MAX_CONNECTIONS_PER_ADDRESS": "0"},
            "ESB_MAX_CONNECTIONS_PER_ADDRESS=0 is not a number of connections from 1 to 1000000; leave it out.",
        ),
    ],
)
def test_an_environment_that_makes_no_sense(environment: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_settings(environment)


def test_a_secret_is_never_printed() -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_settings({"AWS_SECRET_ACCESS_KEY": "hush"})
    assert "hush" not in str(refused.value)
