"""Sends the clients of boto3 and botocore to the stack, and keeps them from AWS.

Two methods of `botocore.session.Session` are wrapped, since every way to a client passes them (`boto3.client`,
`boto3.resource`, `boto3.Session`, botocore alone) and they are the same from botocore 1.20 to today's:

- `create_client` fills in the address of the stack where the caller gave none. What the caller gives wins.
- `__init__` registers the guards with the session's events, which its clients inherit, asynchronous ones too.
"""

# ruff: noqa: PLC0415  (imports are late: a process that needs less pays less)
from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from types import ModuleType
    from typing import Any

# Service names of botocore, with the variable that holds their address in the stack.
ADDRESSES = {
    "dynamodb": "DYNAMODB_ENDPOINT",
    "dynamodbstreams": "DYNAMODB_ENDPOINT",
    "s3": "S3_ENDPOINT",
    "lambda": "LAMBDA_ENDPOINT",
    "logs": "VICTORIALOGS_URL",
}
# The domains of all AWS partitions, as botocore's endpoints.json and partitions.json list them.
AWS_DOMAINS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "amazonwebservices.com.cn",
    "amazonwebservices.eu",
    "api.aws",
    "adc-e.uk",
    "ic.gov",
    "sgov.gov",
    "aws.scloud",
)


def install(session_module: ModuleType, environ: MutableMapping[str, str]) -> None:
    """Wrap botocore's Session; raises AttributeError if it is not as expected."""
    # Without credentials botocore would look for a server of EC2's, for seconds, before it says so.
    environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    session_class: Any = session_module.Session
    session_class.create_client = create_client_in_stack(session_class.create_client, environ)
    session_class.__init__ = guarded(session_class.__init__)


def create_client_in_stack(original: Callable[..., Any], environ: Mapping[str, str]) -> Callable[..., Any]:
    """`Session.create_client` with the stack's address and settings where the caller gave none of his own."""
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
        if service == "s3" and environ.get("S3_PRESIGN_ENDPOINT"):
            client.meta.events.register("before-sign.s3", presign_for(address, environ["S3_PRESIGN_ENDPOINT"]))
        if service == "logs" and address == environ.get("VICTORIALOGS_URL"):
            import esb_cloudwatch

            esb_cloudwatch.answer(client, address, environ)
        return client

    return create_client


def address_in_stack(session: Any, service: str, environ: Mapping[str, str]) -> str | None:
    """The address the environment gives a service: AWS's variable for it, the stack's, AWS's for all services."""
    own = f"AWS_ENDPOINT_URL_{service_id(session, service)}" if aws_variables(environ) else ""
    for name in (own, ADDRESSES.get(service, ""), "AWS_ENDPOINT_URL"):
        if environ.get(name):
            return environ[name]
    return None


def aws_variables(environ: Mapping[str, str]) -> bool:
    return any(name.startswith("AWS_ENDPOINT_URL_") for name in environ)


def service_id(session: Any, service: str) -> str:
    """The service's part of `AWS_ENDPOINT_URL_<SERVICE>`: "DYNAMODB_STREAMS" for dynamodbstreams."""
    try:
        model = session.get_service_model(service)
    except Exception:  # an unknown service; create_client says so better
        return service.upper()
    return str(model.metadata.get("serviceId", service)).replace(" ", "_").replace("-", "_").upper()


def s3_config(session: Any, given: Any) -> Any:
    """The caller's Config, with path-style addresses and signature 4 where he left them open.

    The stack's S3 knows no host name for each bucket, and today's servers refuse signature 2, still botocore's default
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
    """A handler of before-sign that gives a presigned URL the address at which the world outside knows the storage.

    The host is part of what is signed, so it has to be put in before.
    """
    inner, outer = urlsplit(inside), urlsplit(outside)

    def before_sign(request: Any, signature_version: Any, **_: Any) -> None:
        url = urlsplit(request.url)
        presigned = str(signature_version).endswith(("-query", "-presign-post"))
        if presigned and url.netloc.endswith(inner.netloc):
            bucket = url.netloc[: -len(inner.netloc)]  # "" or, with virtual hosts, "bucket."
            request.url = urlunsplit((outer.scheme, bucket + outer.netloc, url.path, url.query, url.fragment))

    return before_sign


def guarded(original: Callable[..., None]) -> Callable[..., None]:
    """`Session.__init__`, after which no client of the session can reach AWS."""

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.register("before-call", refuse_call, unique_id="esb-before-call")
        self.register("before-send", refuse_request, unique_id="esb-before-send")

    return init


def refuse_call(model: Any, params: Mapping[str, Any], **_: Any) -> None:
    """Before a call is signed: so that neither credentials nor retries are needed to learn that it is in vain."""
    refuse(params["url"], model.service_model.service_name, model.name)


def refuse_request(request: Any, event_name: str, **_: Any) -> None:
    """Before each attempt: it may have been sent on to another address, as S3 does between regions."""
    service, operation = event_name.split(".")[1:]
    refuse(request.url, service, operation)


def refuse(url: str, service: str, operation: str) -> None:
    """Raise if the address is one of AWS's."""
    host = urlsplit(url).hostname or ""
    if not any(host == domain or host.endswith(f".{domain}") for domain in AWS_DOMAINS):
        return
    variable = ADDRESSES.get(service)
    mend = f"set {variable}" if variable else "give the client an endpoint_url that speaks it"
    raise not_in_stack()(service=service, operation=operation, host=host, mend=mend)


@functools.cache
def not_in_stack() -> Any:
    """The class of the error: a BotoCoreError, as all that keeps botocore from an answer."""
    exceptions: Any = sys.modules["botocore.exceptions"]

    class ServiceNotInStackError(exceptions.BotoCoreError):  # type: ignore[misc]  # a class of the botocore at hand
        fmt = "{service}.{operation}: this stack has no {service} at {host}, and nothing is sent to AWS; {mend}"

    return ServiceNotInStackError
