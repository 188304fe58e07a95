"""Replaces AWS addresses in the values of a template by addresses in the stack. Pure.

A function with such an address would call AWS, whatever endpoint its SDK has: some SDKs use the host of a queue's URL.
The replacement is the stack's server for the service, the gateway for an API of the template, and `not-in-this-stack`
otherwise. Host names: "AWS service endpoints" in the AWS General Reference, and "Virtual hosting of
buckets" in the Amazon S3 User Guide.
"""

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Final, NamedTuple

from esb_schemas.backends import AWS_DOMAINS, GATEWAY_URL, NOT_IN_THIS_STACK, NOT_IN_THIS_STACK_URL, endpoint_urls
from esb_schemas.lazy_pattern import LazyPattern

_ARN: Final = "arn:"
_FIPS: Final = "-fips"
_S3: Final = LazyPattern(r"s3(-fips|-accelerate|-external-1|-[a-z]{2,4}(-[a-z]+)+-\d)?")


class Replaced(NamedTuple):
    """A text without AWS addresses; `elsewhere` are those that became `not-in-this-stack`, in order."""

    text: str
    elsewhere: tuple[str, ...] = ()


def replace_addresses(text: str, apis: Collection[str] = (), servers: Mapping[str, str] | None = None) -> Replaced:
    """The text with each AWS address replaced.

    `apis` are the ids of the template's own APIs, in lower case; `servers` the URLs inside the stack by the names of
    services in AWS's host names, by default those that every stack has.
    """
    if "." not in text:  # the common case, of thousands of functions
        return Replaced(text)
    lowered = text.lower()
    if not any(domain in lowered for domain in AWS_DOMAINS) or text.startswith(_ARN):
        return Replaced(text)
    known = endpoint_urls() if servers is None else servers
    elsewhere: list[str] = []

    def replacement(found: re.Match[str]) -> str:
        labels = found["labels"].lower().rstrip(".").split(".")
        url = _server(labels, apis, known)
        if url is None:
            elsewhere.append(found[0])
        return _substitute(found, url)

    replaced = _address().sub(replacement, text)
    return Replaced(replaced, tuple(elsewhere))


@cache
def _address() -> re.Pattern[str]:
    """An optional scheme with an optional user; a host in a domain of AWS; an optional dot at its end and port.

    A host after an `@` without a scheme is an e-mail address and does not match. Compiled on demand: few builds need
    it.
    """
    domains = "|".join(re.escape(each) for each in sorted(AWS_DOMAINS, key=len, reverse=True))
    return re.compile(
        r"(?<![\w@.-])(?P<scheme>[A-Za-z][A-Za-z0-9+-]*://)?(?P<user>(?<=//)[^\s/@]+@)?"
        rf"(?P<labels>(?:[A-Za-z0-9_-]+\.)+)(?:{domains})\.?(?P<port>:\d+)?(?![\w.@-])",
        re.IGNORECASE,
    )


def _substitute(found: re.Match[str], url: str | None) -> str:
    """The replacement of a matched address; `url` is the server's, None if the stack has none."""
    scheme = (found["scheme"] or "").lower()
    match scheme.removesuffix("://"):
        case "http" | "https":
            return url or NOT_IN_THIS_STACK_URL
        case "ws" | "wss":
            return (url or NOT_IN_THIS_STACK_URL).replace("http", "ws", 1)
        case "" if url is not None:
            return url.partition("://")[2]
        case _:  # another protocol, such as that of a database or a broker
            return f"{scheme}{found['user'] or ''}{NOT_IN_THIS_STACK}{found['port'] or ''}"


def _server(labels: list[str], apis: Collection[str], servers: Mapping[str, str]) -> str | None:
    """The URL in the stack for a host name, by its labels before AWS's domain."""
    if labels[1:2] == ["execute-api"]:
        return GATEWAY_URL if labels[0] in apis else None
    for index, label in reversed(list(enumerate(labels))):
        if _S3.fullmatch(label) and "s3" in servers:
            bucket = ".".join(labels[:index])
            return f"{servers['s3']}/{bucket}" if bucket else servers["s3"]
    return next((servers[name] for name in _services(labels) if name in servers), None)


def _services(labels: list[str]) -> tuple[str, ...]:
    """The names of services that a host may begin with: `sqs`, also of `sqs-fips`; `streams.dynamodb`."""
    first = labels[0].removesuffix(_FIPS)
    return (f"{first}.{labels[1]}".removesuffix(_FIPS), first) if len(labels) > 1 else (first,)
