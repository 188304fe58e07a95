"""At the end of a run, waits until a running gateway serves the configuration that was provisioned.

The gateway restarts if `.esb/` was replaced (esb_gateway/provisioning/run_record.py). `docker compose up` continues
when the provisioner has exited. By then the restart is done, so `up --wait` sees no container that stops.
"""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from esb_provisioner.servers.waiting import Clock

VARIABLE: Final = "ESB_GATEWAY_URL"
TIMEOUT: Final = 60.0  # seconds, more than the drain of a gateway takes
PAUSE: Final = 0.2
ANSWER_TIMEOUT: Final = 2.0
"""Seconds for one answer with its name resolution: without a gateway, the machine's own resolver gets the name."""

DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores the environment's proxy, which is for the internet and not for the gateway."""

Ask: TypeAlias = Callable[[], Mapping[str, Any] | None]
"""Gets `/_esb/ready`; None if nothing answers."""


def wait_for_gateway(ask: Ask, configuration: str, clock: Clock, log: Callable[[str], None]) -> None:
    """Return when the gateway serves this configuration, at once if none is running, and after TIMEOUT in any case."""
    page = ask()
    if page is None:
        return
    end = clock.now() + TIMEOUT
    while page is None or _is_behind(page, configuration):
        if clock.now() > end:
            log(f"warning: the gateway does not serve this configuration after {TIMEOUT:g} s; see its log")
            return
        clock.sleep(PAUSE)
        page = ask()


def _is_behind(page: Mapping[str, Any], configuration: str) -> bool:
    """Whether the gateway still has another configuration; false for one that does not show its configuration."""
    return page.get("status") != "ready" or page.get("configuration", configuration) != configuration


def ready_page(url: str) -> Ask:
    """Asks the gateway at this URL."""

    def ask() -> Mapping[str, Any] | None:
        found: list[Mapping[str, Any]] = []
        # getaddrinfo has no timeout of its own.
        thread = threading.Thread(target=lambda: found.extend(_read(f"{url}/_esb/ready")), daemon=True)
        thread.start()
        thread.join(ANSWER_TIMEOUT)
        return found[0] if found else None

    return ask


def _read(url: str) -> list[Mapping[str, Any]]:
    try:
        try:
            answer = DIRECT.open(url, timeout=ANSWER_TIMEOUT)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            page = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException):
        return []
    return [page] if isinstance(page, dict) else []
