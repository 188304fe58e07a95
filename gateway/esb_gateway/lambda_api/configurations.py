"""The Lambda API's descriptions of the functions and the account: frameworks ask for it when they start. Pure.

Shapes: "FunctionConfiguration", "GetFunction", "ListFunctions", "ListEventSourceMappings" and "GetAccountSettings" in
AWS's Lambda API reference. What a stack does not have (the role, the size and the hash of the code, the version of the
runtime) is made up, and the same for the same configuration.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import UUID

from esb_gateway.invocation import Function
from esb_gateway.lambda_api.errors import LambdaApiError, not_in_enum
from esb_gateway.lambda_api.function_names import Found, FunctionNames
from esb_gateway.lambda_api.operations import Operation, RequestedOperation
from esb_schemas.partitions import arn_of, global_arn

# "Lambda quotas": bytes, and concurrent executions.
_CODE_STORAGE: Final = 75 * 1024**3
_UNZIPPED: Final = 250 * 1024**2
_ZIPPED: Final = 50 * 1024**2
_CONCURRENCY: Final = 1000

_MAX_ITEMS: Final = 50  # of a page, whatever is asked for
_MAX_MAPPINGS: Final = 100  # of a page, too
_NO_MARKER: Final = "The marker is not that of an answer of this operation."


@dataclass(frozen=True, slots=True)
class Configurations:
    """Answers the operations that read. `loaded` is when the configuration was loaded, in seconds since 1970;
    `mappings` gives the documents of the event source mappings.
    """

    names: FunctionNames
    loaded: float
    mappings: Callable[[], Sequence[Mapping[str, Any]]] = tuple

    def answer(self, requested: RequestedOperation, query: Mapping[str, str]) -> dict[str, Any]:
        """The document for an operation that is not one of the Invoke operations. Raises LambdaApiError."""
        match requested.operation:
            case Operation.GET_FUNCTION:
                return self._function(self.names.find(requested.resource, query.get("Qualifier")))
            case Operation.GET_FUNCTION_CONFIGURATION:
                return self._configuration(self.names.find(requested.resource, query.get("Qualifier")))
            case Operation.LIST_FUNCTIONS:
                return self._functions(query)
            case Operation.LIST_EVENT_SOURCE_MAPPINGS:
                return self._mappings(query)
            case Operation.GET_EVENT_SOURCE_MAPPING:
                return self.mapping(requested.resource)
            case Operation.GET_ACCOUNT_SETTINGS:
                return self._account()
            case _:
                raise AssertionError(f"{requested.operation.value} does more than read")

    def _function(self, found: Found) -> dict[str, Any]:
        reserved, is_image = found.function.reserved_concurrency, found.function.package_type == "Image"
        code = {"RepositoryType": "ECR" if is_image else "S3", "ImageUri" if is_image else "Location": ""}
        return {
            "Configuration": self._configuration(found),
            "Code": code,
            **({} if reserved is None else {"Concurrency": {"ReservedConcurrentExecutions": reserved}}),
        }

    def _functions(self, query: Mapping[str, str]) -> dict[str, Any]:
        """In the order of their names; the marker of the next page is the number of those before it."""
        if (versions := query.get("FunctionVersion", "ALL")) != "ALL":
            raise not_in_enum("functionVersion", versions, "[ALL]")
        found = [
            Found(function, f"{function.arn}{end}")
            for _, function in sorted(self.names.functions.items())
            for end in (["", f":{function.version}"] if function.published and "FunctionVersion" in query else [""])
        ]
        start, end = _page(query, _MAX_ITEMS)
        marker = {"NextMarker": str(end)} if end < len(found) else {}
        return {**marker, "Functions": [self._configuration(each) for each in found[start:end]]}

    def _mappings(self, query: Mapping[str, str]) -> dict[str, Any]:
        """In the order of the configuration; the marker is as that of the functions."""
        function, source = query.get("FunctionName"), query.get("EventSourceArn")
        arn = None if function is None else self.names.find(function, None).function.arn
        found = [
            mapping
            for mapping in self.mappings()
            if source in (None, mapping["EventSourceArn"])
            and (arn is None or f"{mapping['FunctionArn']}:".startswith(f"{arn}:"))
        ]
        start, end = _page(query, _MAX_MAPPINGS)
        marker = {"NextMarker": str(end)} if end < len(found) else {}
        return {**marker, "EventSourceMappings": found[start:end]}

    def mapping(self, id_: str) -> dict[str, Any]:
        found = next((mapping for mapping in self.mappings() if mapping["UUID"] == id_), None)
        if found is None:
            raise LambdaApiError("ResourceNotFoundException", 404, "The resource you requested does not exist.")
        return dict(found)

    def _account(self) -> dict[str, Any]:
        functions = self.names.functions.values()
        reserved = sum(function.reserved_concurrency or 0 for function in functions)
        limits = {
            "TotalCodeSize": _CODE_STORAGE,
            "CodeSizeUnzipped": _UNZIPPED,
            "CodeSizeZipped": _ZIPPED,
            "ConcurrentExecutions": _CONCURRENCY,
            "UnreservedConcurrentExecutions": max(0, _CONCURRENCY - reserved),
        }
        return {"AccountLimit": limits, "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": len(functions)}}

    def _configuration(self, found: Found) -> dict[str, Any]:
        function, stack = found.function, self.names.stack
        digest = sha256(repr(function).encode()).digest()
        layers = [
            arn_of("lambda", stack.region, stack.account_id, f"layer:{PurePosixPath(folder).name}:1")
            for folder in function.layers
        ]
        loaded = datetime.fromtimestamp(self.loaded, UTC)
        return {
            "FunctionName": function.name,
            "FunctionArn": found.arn,
            **(_zip(function, stack.region) if function.package_type == "Zip" else {}),
            "Role": global_arn("iam", stack.region, stack.account_id, f"role/{function.name}"),
            "CodeSize": 0,
            "CodeSha256": base64.b64encode(digest).decode(),
            "Description": function.description or "",
            "Timeout": int(function.timeout),
            "MemorySize": function.memory_size,
            "LastModified": f"{loaded:%Y-%m-%dT%H:%M:%S}.{loaded.microsecond // 1000:03}+0000",
            "Version": function.executed_version(found.arn),
            **({"Environment": {"Variables": dict(function.environment)}} if function.environment else {}),
            "TracingConfig": {"Mode": "PassThrough"},
            "RevisionId": str(UUID(bytes=digest[:16], version=4)),
            **({"Layers": [{"Arn": arn, "CodeSize": 0} for arn in layers]} if layers else {}),
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": function.package_type,
            "Architectures": [function.architecture],
            "EphemeralStorage": {"Size": function.ephemeral_storage},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": function.log_format, "LogGroup": f"/aws/lambda/{function.name}"},
        }


def _zip(function: Function, region: str) -> dict[str, Any]:
    """The fields of a function that is no image."""
    runtime = sha256(function.runtime.encode()).hexdigest()
    return {
        "Runtime": function.runtime,
        "Handler": function.handler,
        "RuntimeVersionConfig": {"RuntimeVersionArn": arn_of("lambda", region, "", f"runtime:{runtime}")},
    }


def _page(query: Mapping[str, str], most: int) -> tuple[int, int]:
    """The first and last index of a page."""
    start = _number(query.get("Marker", "0"), _NO_MARKER)
    return start, start + min(_number(query.get("MaxItems", str(most)), "MaxItems is not a number."), most)


def _number(text: str, otherwise: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise LambdaApiError("InvalidParameterValueException", 400, otherwise)
    return int(text)
