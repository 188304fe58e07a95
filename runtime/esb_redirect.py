"""Sends the clients of boto3 and botocore to the stack, and blocks requests to AWS.

Two methods of `botocore.session.Session` are wrapped, because every client is created through them (`boto3.client`,
`boto3.resource`, `boto3.Session`, botocore alone), and their signatures are the same since botocore 1.20:

- `create_client` fills in the address of the stack unless the caller passes one.
- `__init__` registers event handlers that block requests to AWS. All clients of the session inherit them, asynchronous
  ones too.
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import esb_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from types import ModuleType
    from typing import Any

CODE = "NotInThisStack"  # as the gateway says it to SDKs of other languages


def install(session_module: ModuleType, environ: MutableMapping[str, str]) -> None:
    """Wrap botocore's Session; raises AttributeError if it lacks a method."""
    # Without credentials botocore would ask EC2's metadata service, and wait for seconds, before it fails.
    environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    session_class: Any = session_module.Session
    session_class.create_client = create_client_in_stack(session_class.create_client, environ)
    session_class.__init__ = blocking_aws(session_class.__init__)


def create_client_in_stack(original: Callable[..., Any], environ: Mapping[str, str]) -> Callable[..., Any]:
    """`Session.create_client` with the stack's address and settings as defaults."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    def create_client(*args: Any, **kwargs: Any) -> Any:
        call = signature.bind(*args, **kwargs)
        session, service = call.arguments["self"], call.arguments["service_name"]
        address = None if call.arguments.get("endpoint_url") else address_in_stack(session, service, environ)
        if address is None:
            return original(*args, **kwargs)
        call.arguments["endpoint_url"] = address
        if service == "s3":
            call.arguments["config"] = s3_config(session, call.arguments.get("config"))
        client = original(*call.args, **call.kwargs)
        public = esb_backends.public_address(service, environ)
        if public:
            client.meta.events.register(f"before-sign.{service}", presign_for(address, public))
        if service == "dynamodb":
            import esb_table_names

            esb_table_names.use_names(client)
        if service == esb_backends.LOGS and address == esb_backends.address(service, environ):
            import esb_cloudwatch

            esb_cloudwatch.answer(client, address, environ)
        return client

    return create_client


def address_in_stack(session: Any, service: str, environ: Mapping[str, str]) -> str | None:
    """The address in the environment: of AWS's variable for the service, the stack's, or AWS's for all services."""
    own = f"AWS_ENDPOINT_URL_{service_id(session, service)}" if aws_variables(environ) else ""
    return environ.get(own) or esb_backends.address(service, environ) or environ.get("AWS_ENDPOINT_URL") or None


def aws_variables(environ: Mapping[str, str]) -> bool:
    return any(name.startswith("AWS_ENDPOINT_URL_") for name in environ)


def service_id(session: Any, service: str) -> str:
    """The service's part of `AWS_ENDPOINT_URL_<SERVICE>`: "DYNAMODB_STREAMS" for dynamodbstreams."""
    try:
        model = session.get_service_model(service)
    except Exception:  # an unknown service; create_client has the better message
        return service.upper()
    return str(model.metadata.get("serviceId", service)).replace(" ", "_").replace("-", "_").upper()


def s3_config(session: Any, given: Any) -> Any:
    """The caller's Config; path-style addresses and signature 4 are the defaults.

    The stack has no host name for each bucket. Current servers reject signature 2, which is still botocore's default
    for presigned URLs in some regions.
    """
    from botocore.config import Config

    config = session.get_default_client_config() or Config()
    if given is not None:
        config = config.merge(given)
    missing: dict[str, Any] = {"s3": {"addressing_style": "path", **(config.s3 or {})}}
    if config.signature_version is None:
        missing["signature_version"] = "s3v4"
    return config.merge(Config(**missing))


def presign_for(inside: str, outside: str) -> Callable[..., None]:
    """A handler of before-sign that puts the public address into presigned URLs.

    The host is part of the signature, so it must be replaced before signing.
    """
    inner, outer = urlsplit(inside), urlsplit(outside)

    def before_sign(request: Any, signature_version: Any, **_: Any) -> None:
        url = urlsplit(request.url)
        presigned = str(signature_version).endswith(("-query", "-presign-post"))
        if presigned and url.netloc.endswith(inner.netloc):
            bucket = url.netloc[: -len(inner.netloc)]  # "" or, with virtual hosts, "bucket."
            request.url = urlunsplit((outer.scheme, bucket + outer.netloc, url.path, url.query, url.fragment))

    return before_sign


def blocking_aws(original: Callable[..., None]) -> Callable[..., None]:
    """`Session.__init__` that also blocks requests to AWS."""

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.register("before-call", block_call, unique_id="esb-before-call")
        self.register("before-send", block_request, unique_id="esb-before-send")

    return init


def block_call(model: Any, params: Mapping[str, Any], **_: Any) -> None:
    """Runs before a call is signed, so that it fails without credentials and without retries."""
    block(params["url"], model.service_model.service_name, model.name)


def block_request(request: Any, event_name: str, **_: Any) -> None:
    """Runs before each attempt, because a retry may go to another address, as in S3's redirects between regions."""
    service, operation = event_name.split(".")[1:]
    block(request.url, service, operation)


def block(url: str, service: str, operation: str) -> None:
    """Raise ServiceNotInStackError if the URL is AWS's, or the one that takes the place of all of AWS here."""
    host = (urlsplit(url).hostname or "").rstrip(".")  # with the dot of the root, a name is the same
    found = [domain for domain in esb_backends.AWS_HOSTS if host == domain or host.endswith(f".{domain}")]
    if not found:
        return
    where = f" at {host}" if "." in found[0] else ""
    variable = esb_backends.ENDPOINTS.get(service)
    fix = f"set {variable}" if variable else "pass the endpoint_url of a server that has it"
    text = f"{service}.{operation}: this stack has no {service}{where}, and nothing is sent to AWS; {fix}"
    raise not_in_stack()({"Error": {"Code": CODE, "Message": text}}, operation)


@functools.cache
def not_in_stack() -> Any:
    """The class of the error: a ClientError, as if a service had answered."""
    exceptions: Any = sys.modules["botocore.exceptions"]

    class ServiceNotInStackError(exceptions.ClientError):  # type: ignore[misc]  # a class of the imported botocore
        pass

    return ServiceNotInStackError
