"""The Lambda Extensions API, version 2020-01-01, for the extensions of one slot: who has registered and who waits.

"Using the Lambda Extensions API to create extensions" in the AWS Lambda Developer Guide. An external extension is a
program in /opt/extensions, registered under the name of its file; an internal one runs in the process of the runtime.
The environment is ready for an invocation if every extension waits for its next event. Each gets the events that it has
registered for, in order, and an event that it does not wait for is kept until it asks.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol
from uuid import uuid4

from esb_gateway.execution.extensions import messages
from esb_gateway.execution.extensions.messages import INVOKE, SHUTDOWN
from esb_gateway.execution.pools.slots import Work
from esb_gateway.invocation import Function
from esb_wire.offload import is_costly

_API: Final = b"/2020-01-01/extension/"
_UNSUPPORTED: Final = {b"/2020-08-15/logs": "Logs", b"/2022-07-01/telemetry": "Telemetry"}
PATHS: Final = (_API, *_UNSUPPORTED)
NAME: Final = b"lambda-extension-name"
IDENTIFIER: Final = b"lambda-extension-identifier"
FEATURES: Final = b"lambda-extension-accept-feature"
ERROR_TYPE: Final = b"lambda-extension-function-error-type"
HEADERS: Final = frozenset({NAME, IDENTIFIER, FEATURES, ERROR_TYPE})

CRASH: Final = "Extension.Crash"
LAUNCH_ERROR: Final = "Extension.LaunchError"
_REPORTS: Final = {b"init/error": "Extension.InitError", b"exit/error": "Extension.ExitError"}


class EventConnection(Protocol):
    """A connection on which an extension waits for an event."""

    def deliver(self, response: bytes) -> bool:
        """Answer it. False: it is closed."""


class ExtensionRequest(NamedTuple):
    """A request of an extension. The names of `headers` are in lower case."""

    method: bytes
    path: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    def header(self, name: bytes) -> str:
        """The value; empty if it is missing."""
        return self.headers.get(name, b"").decode("latin-1")


@dataclass(slots=True, eq=False)
class Extension:
    """A registered extension. It is `ready` from a request for the next event until an event is sent."""

    name: str
    events: frozenset[str]
    ready: bool = False
    connection: EventConnection | None = None
    waiting_events: deque[bytes] = field(default_factory=deque)
    fatal_error: str | None = None  # the type of the error that it has reported before it exits

    def send(self, event: bytes) -> None:
        """Answer its request for the next event, now or as soon as it asks."""
        connection, self.connection = self.connection, None
        self.ready = False
        if connection is None or not connection.deliver(event):
            self.waiting_events.append(event)


class Extensions:
    """The extensions of a slot. `expected` names the external ones, which are started with it.

    `changed` is called if one has registered or waits. `log` gets what the log of the function should say.
    """

    def __init__(
        self, function: Function, expected: Iterable[str], changed: Callable[[], None], log: Callable[[str], None]
    ) -> None:
        self._function = function
        self._expected = frozenset(expected)
        self._changed = changed
        self._log = log
        self._by_id: dict[str, Extension] = {}
        self._by_name: dict[str, Extension] = {}

    def all_registered(self) -> bool:
        """Whether every external extension has registered, so that the runtime may start."""
        return not self._expected or self._expected <= self._by_name.keys()

    def all_ready(self) -> bool:
        """Whether every extension waits for an event."""
        if not self._by_id:
            return not self._expected
        return self.all_registered() and all(each.ready for each in self._by_id.values())

    def subscribed(self, event: str) -> list[str]:
        """The names of the extensions that get events of this type."""
        return [each.name for each in self._by_id.values() if event in each.events]

    def fatal_error(self, name: str) -> str:
        """The type of the error that the end of an external extension is."""
        extension = self._by_name.get(name)
        return CRASH if extension is None else extension.fatal_error or CRASH

    def is_registered(self, name: str) -> bool:
        """Whether an extension of this name has registered."""
        return name in self._by_name

    def handle(self, request: ExtensionRequest, connection: EventConnection, *, open_to_internal: bool) -> bytes | None:
        """The response; None: it follows as an event. Internal extensions register only while the runtime starts."""
        if (api := _UNSUPPORTED.get(request.path.rstrip(b"/"))) is not None:
            return self._refuse_telemetry(request, api)
        action = request.path.removeprefix(_API)
        if (request.method, action) == (b"POST", b"register"):
            return self._register(request, open_to_internal=open_to_internal)
        if (request.method, action) == (b"GET", b"event/next"):
            return self._of_extension(request, lambda extension: self._wait(extension, connection))
        if request.method == b"POST" and (error := _REPORTS.get(action)) is not None:
            return self._of_extension(request, lambda extension: self._report(extension, error, request))
        return messages.NO_SUCH_PATH

    def invoke(self, work: Work, deadline_ms: int) -> None:
        """An invocation has begun."""
        for extension in self._by_id.values():
            if INVOKE in extension.events:
                extension.send(messages.invoke_event(work, deadline_ms, str(uuid4())))

    def shut_down(self, reason: str, deadline_ms: int) -> None:
        """The runtime has ended."""
        for extension in self._by_id.values():
            if SHUTDOWN in extension.events:
                extension.send(messages.shutdown_event(reason, deadline_ms, str(uuid4())))

    def forget_connection(self, connection: EventConnection) -> None:
        """It is closed; an extension that waited there may ask again."""
        for extension in self._by_id.values():
            if extension.connection is connection:
                extension.connection = None

    def _register(self, request: ExtensionRequest, *, open_to_internal: bool) -> bytes:
        name = request.header(NAME)
        external = name in self._expected
        if not name:
            return messages.refusal("Extension.InvalidExtensionName", "Empty extension name")
        events = _events(request.body)
        if events is None:
            return messages.refusal("InvalidRequestFormat", 'The body must be JSON such as {"events": ["INVOKE"]}')
        if wrong := sorted(events - {INVOKE, SHUTDOWN}):
            return messages.refusal("Extension.InvalidEventType", f"{wrong[0]}: there are INVOKE and SHUTDOWN")
        if SHUTDOWN in events and not external:
            return messages.refusal("Extension.InvalidEventType", "SHUTDOWN: not supported for internal extensions")
        if not external and not open_to_internal:
            return messages.refusal("Extension.RegistrationClosed", "Extension registration closed already")
        if name in self._by_name:
            return messages.refusal("Extension.InvalidExtensionState", "Extension with this name already registered")
        if len(self._by_id) >= messages.MAX_EXTENSIONS:
            return messages.refusal("Extension.TooManyExtensions", f"Extension limit ({len(self._by_id)}) reached")
        identifier = str(uuid4())
        self._by_id[identifier] = self._by_name[name] = Extension(name, events)
        self._changed()
        features = [feature.strip() for feature in request.header(FEATURES).split(",")]
        return messages.registered(self._function, identifier, with_account="accountId" in features)

    def _of_extension(self, request: ExtensionRequest, handle: Callable[[Extension], bytes | None]) -> bytes | None:
        identifier = request.header(IDENTIFIER)
        if not identifier:
            return messages.refusal(
                "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"
            )
        extension = self._by_id.get(identifier)
        if extension is None:
            return messages.refusal("Extension.UnknownExtensionIdentifier", f"Unknown extension {identifier}")
        return handle(extension)

    def _wait(self, extension: Extension, connection: EventConnection) -> bytes | None:
        if extension.fatal_error is not None:
            return messages.refusal("Extension.InvalidExtensionState", f"{extension.name} has reported an error")
        if extension.waiting_events:
            return extension.waiting_events.popleft()
        extension.ready, extension.connection = True, connection
        self._changed()
        return None

    def _report(self, extension: Extension, error: str, request: ExtensionRequest) -> bytes:
        error_type = request.header(ERROR_TYPE)
        if not error_type:
            message = "Lambda-Extension-Function-Error-Type not found"
            return messages.refusal("Extension.MissingHeader", message)
        extension.fatal_error = extension.fatal_error or error
        self._log(f"Extension {extension.name} reports {error_type}: {request.body[:1024].decode('utf-8', 'replace')}")
        return messages.ACCEPTED

    def _refuse_telemetry(self, request: ExtensionRequest, api: str) -> bytes | None:
        def refuse(extension: Extension) -> bytes:
            self._log(
                f"Extension {extension.name} asks for the {api} API, which is not supported here: it gets no logs and"
                " no platform events of the function. Read them in the function's log instead."
            )
            return messages.unsupported(api)

        return messages.NO_SUCH_PATH if request.method != b"PUT" else self._of_extension(request, refuse)


def _events(body: bytes) -> frozenset[str] | None:
    """The event types that a registration names; None: it is not understood. Without a body there are none."""
    try:
        document = None if is_costly(body) else json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    events = document.get("events") or [] if isinstance(document, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        return None
    return frozenset(events)
