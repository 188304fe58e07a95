"""Functions that cannot run embedded: each call of one is answered with the reason, and the others run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from esb_gateway.execution.function_host import Hosting, Services
from esb_gateway.execution.pool import Pool
from esb_gateway.execution.slots import Runner, Slot, Work
from esb_gateway.invocation import Ending, Function

_PYTHON: Final = re.compile(r"python\d+\.\d+")
_WAY: Final = "only its container can; use `docker compose up -d`."


def refusal(function: Function) -> str | None:
    """Why the function cannot run as a process of this machine, as one sentence; None: it can."""
    if not function.runtime:
        return f"{function.name}: a container image is not run as a local process; {_WAY}"
    if _PYTHON.fullmatch(function.runtime) is None:
        return f"{function.name}: {function.runtime} is not run as a local process; {_WAY}"
    return None


def other_versions(functions: Iterable[Function], here: str) -> Iterator[str]:
    """What to know of functions that ask for another Python than the one that is `here`, such as `python3.12`."""
    names: dict[str, list[str]] = {}
    for function in functions:
        if _PYTHON.fullmatch(function.runtime) and function.runtime != here:
            names.setdefault(function.runtime, []).append(function.name)
    for runtime, asking in sorted(names.items()):
        yield f"{', '.join(asking)}: made for {runtime}, on {here} here; the containers have the right one."


class RefusingHosting:
    """Another hosting, but for the functions in `refused`, by name with the reason; it may be replaced at any time."""

    hires = True

    def __init__(self, hosting: Hosting, refused: Mapping[str, str]) -> None:
        self._hosting = hosting
        self.refused = refused
        self.renews = hosting.renews
        self._services: Services

    def open(self, services: Services) -> None:
        """Get ready; raises OSError if the other cannot."""
        self._services = services
        self._hosting.open(services)

    def admit(self, pool: Pool) -> None:
        """The other may need to know."""
        self._hosting.admit(pool)

    def release(self, pool: Pool) -> None:
        """The same."""
        self._hosting.release(pool)

    def hire(self, pool: Pool, slot: Slot) -> Runner:
        """A runner that fails at once, or the other's."""
        reason = self.refused.get(pool.function.name)
        if reason is None:
            return self._hosting.hire(pool, slot)
        return RefusingRunner(pool, slot, self._services, reason)

    async def close(self) -> None:
        """Nothing of its own."""
        await self._hosting.close()


class RefusingRunner:
    """A slot whose start fails."""

    def __init__(self, pool: Pool, slot: Slot, services: Services, reason: str) -> None:
        self._pool = pool
        self._slot = slot
        self._services = services
        self._reason = reason

    def start(self) -> None:
        """Fail, but not before this returns."""
        self._services.loop.call_soon(self._fail)

    def deliver(self, _work: Work) -> bool:
        """It never asks for work."""
        return False

    def finish(self, _work: Work, _ending: Ending, _duration: float) -> bytes:
        """It prints nothing."""
        return b""

    def stop(self) -> None:
        """It is gone in a moment anyway."""

    def kill(self) -> None:
        """The same."""

    def _fail(self) -> None:
        self._pool.fail_init(self._slot, self._error)
        self._pool.exit(self._slot, self._reason)
        self._services.slot_gone()

    def _error(self, request_id: str) -> bytes:
        document = {"errorType": "Runtime.NotRunHere", "errorMessage": f"RequestId: {request_id} Error: {self._reason}"}
        return json.dumps(document).encode()
