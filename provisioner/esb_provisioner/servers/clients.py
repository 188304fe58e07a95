"""The servers as one function: an `ApiCall` gives an answer or a `ServerError`. All of the AWS SDK is here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, ClassVar, Final, Protocol, TypeAlias

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError
from botocore.session import Session

from esb_provisioner.servers.errors import ErrorKind, ErrorRule, ServerError, error_kind
from esb_provisioner.servers.settings import Settings, UsageError
from esb_provisioner.steps import Answer, ApiCall
from esb_schemas.backends import ApiProbe, Backend

THREADS: Final = 16
"""Maximum number of calls in progress, and so of connections."""

COMMON: Final[Mapping[str, Any]] = {
    "max_pool_connections": THREADS,
    "s3": {"addressing_style": "path"},
    "user_agent_appid": "esb-provisioner",
}
# Older servers store the trailer of a checksum as part of an object.
PLAIN_BODIES: Final = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
# A database may need long to create a table, so the timeout is long and a lost answer is requested again.
WORKING: Final = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4})
# The caller of a probe repeats it, and has a deadline.
PROBING: Final = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})
# Errors of botocore's parsers if another service answers.
NOT_AN_ANSWER: Final = (ResponseParserError, AttributeError, LookupError, TypeError, ValueError)

Method: TypeAlias = Callable[..., Any]


class ServiceCalls(Protocol):
    """The calls that a run may make to one service, and what the service's errors mean: part of a `ResourceType`."""

    @property
    def backend(self) -> Backend: ...
    @property
    def calls(self) -> frozenset[str]:
        """Methods of boto3's client."""

    @property
    def error_rule(self) -> ErrorRule: ...


class Servers:
    """The clients of a run, one for each service and shared by all threads. Calling it makes a call."""

    config: ClassVar[Config] = Config()

    def __init__(self, settings: Settings, services: Iterable[ServiceCalls]) -> None:
        """Sends nothing yet. `probes` has a first call for each server, by address, with a short timeout.

        Raises UsageError for an invalid host or region.
        """
        self._settings = settings
        self._clients: dict[str, Any] = {}
        self._methods: dict[tuple[str, str], tuple[Method, ErrorRule]] = {}
        self.probes: dict[str, Callable[[], Answer]] = {}
        for each in services:
            try:
                self._add(each)
            except InvalidRegionError as error:
                raise UsageError(str(error).removesuffix(".")) from None
            except ValueError:  # the text has the URL, which may contain a secret
                raise UsageError(f"{each.backend.endpoint_variable} is not a URL such as {each.backend.url}") from None

    def __call__(self, call: ApiCall) -> Answer:
        """The answer. Raises ServerError; KeyError for a call that no resource type declares."""
        return perform(*self._methods[call.service, call.operation], call)

    def _add(self, each: ServiceCalls) -> None:
        service, probe = each.backend.service, each.backend.probe
        if not isinstance(probe, ApiProbe):
            raise TypeError(f"{service} is probed by a call of its API, not by {probe}")
        if service not in self._clients:
            self._clients[service] = self._client(each.backend, WORKING)
            method = getattr(self._client(each.backend, PROBING), probe.operation)
            call = ApiCall(service, *probe)
            self.probes[self._settings.address(each.backend)] = partial(perform, method, each.error_rule, call)
        for operation in each.calls:
            self._methods[service, operation] = getattr(self._clients[service], operation), each.error_rule

    def _client(self, backend: Backend, config: Config) -> Any:
        endpoint, credentials = self._settings.endpoints.get(backend.service), self._settings.credentials
        # The environment's proxy is for the internet, not for a server of the stack.
        direct = Config(proxies={}) if endpoint else Config()
        client = self._session().create_client(
            backend.service,
            region_name=self._settings.region,
            endpoint_url=endpoint,
            aws_access_key_id=credentials.access_key_id if credentials else None,
            aws_secret_access_key=credentials.secret_access_key if credentials else None,
            aws_session_token=credentials.session_token if credentials else None,
            config=Config(**COMMON).merge(config).merge(direct).merge(self.config),
        )
        if endpoint and endpoint.startswith("http://"):
            self._guard(client, config)
        return client

    def _session(self) -> Session:
        return _plain_session()

    def _guard(self, client: Any, config: Config) -> None:
        connections = Connections((config.connect_timeout, config.read_timeout))
        client.meta.events.register("before-send", connections.send)


class Connections(threading.local):
    """One connection per request, and complete answers only.

    botocore reuses connections, on which it takes a duplicate answer for that of the next request, and it accepts an
    answer that ends early: a table then seems to have a setting that it lacks. TLS prevents both.
    """

    def __init__(self, timeout: tuple[float, float]) -> None:
        self._session = URLLib3Session(timeout=timeout)

    def send(self, request: Any, **_: object) -> Any:
        """Send instead of botocore. Raises its ConnectionClosedError, which it retries, if the answer ends early."""
        request.headers["Connection"] = "close"
        try:
            response = self._session.send(request)
        finally:
            self._session.close()
        length = response.headers.get("Content-Length")
        has_body = request.method != "HEAD"
        if has_body and length is not None and len(response.content) != int(length):
            raise ConnectionClosedError(request=request, endpoint_url=request.url)
        return response


@cache
def _plain_session() -> Session:
    """One session per process: making one takes as long as making a client."""
    return Session()


def perform(method: Method, rule: ErrorRule, call: ApiCall) -> Answer:
    """Make a call; each error becomes a ServerError."""
    try:
        answer: Answer = method(**call.params)
    except ClientError as error:
        raise answered(rule, call, error.response) from None
    except ParamValidationError as error:
        raise ServerError(ErrorKind.FAILED, "ParamValidationError", str(error)) from None
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise ServerError(ErrorKind.UNAUTHORIZED, type(error).__name__, str(error)) from None
    except (ConnectionError, HTTPClientError) as error:
        raise ServerError(ErrorKind.UNREACHABLE, type(error).__name__, str(error)) from None
    except BotoCoreError as error:
        raise ServerError(ErrorKind.FAILED, type(error).__name__, str(error)) from None
    except NOT_AN_ANSWER as error:  # its text may contain the whole body
        text = "its answer is not one of this service; is another server at this address?"
        raise ServerError(ErrorKind.FAILED, type(error).__name__, text) from None
    return answer


def answered(rule: ErrorRule, call: ApiCall, response: Mapping[str, Any]) -> ServerError:
    """The error of an error response."""
    details = response.get("Error", {})
    code, message = str(details.get("Code") or "no error code"), str(details.get("Message") or "")
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    return ServerError(error_kind(rule, call.operation, code, status, message), code, message)
