"""What ESB reads is what AWS would deploy: the expansion against the real SAM transform, on real templates.

The transform resolves almost nothing, so its result goes through ESB's own resolver before it is compared; the
comparison is about the expansion. Templates that ESB refuses with a reason are not compared.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from esb_generator.application.aws_addresses import replace_addresses
from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.macros.expansion import expand_macros
from esb_generator.cloudformation.parameters import declared_parameters
from esb_generator.cloudformation.reading import template
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.cloudformation.resolving.functions import FUNCTIONS, TESTS
from esb_generator.cloudformation.resolving.resolver import Resolver
from esb_generator.errors import TemplateError
from esb_generator.expand import Expansion, expand
from esb_generator.values import Map, Seq, Value, WrittenFloat, WrittenInt, as_text
from esb_schemas.contract import EventInvoke, HttpProxy, Integration, ServiceCall
from tests.generator.contexts import context

REPOSITORY = Path(__file__).parents[2]
CORPUS = REPOSITORY.parent / "shared" / "corpus"
OWN = [
    *sorted((Path(__file__).parent / "templates").glob("*.yaml")),
    *(REPOSITORY / "examples").glob("*/template.yaml"),
]
REGION = "us-east-1"


class Checked(NamedTuple):
    """What is checked before a route's function is called; by default nothing."""

    authorizers: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    key: bool = False


class Served(NamedTuple):
    """A route to a function."""

    api: str
    method: str
    path: str
    function: str
    checked: Checked


class Answered(NamedTuple):
    """A route that reaches no function; `address` is where it is sent on: a URI, or a subtype such as
    `SQS-SendMessage`.
    """

    api: str
    method: str
    path: str
    type: str
    address: str


PLACEHOLDERS = {"Number": "1", "List<Number>": "1,2"}


def plain(value: Value) -> Any:
    """Marked data without its marks."""
    if isinstance(value, Map):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, Seq) else value


def plausible(loaded: Map) -> dict[str, str]:
    """A value for each parameter that has no default."""
    declared = plain(loaded.get("Parameters") or Map(loaded.mark))
    return {
        name: str((said.get("AllowedValues") or [PLACEHOLDERS.get(said["Type"], f"{name.lower()}-1")])[0])
        for name, said in declared.items()
        if "Default" not in said
    }


def ours(path: Path, loaded: Map, values: dict[str, Value]) -> Expansion:
    read_file = template.relative_reader(path)
    resolved = resolve(loaded, context("stack", parameters=values, read=read_file))
    return expand(resolved, read_file=read_file)


def theirs(path: Path, loaded: Map, given: dict[str, str], values: dict[str, Value]) -> dict[str, Any]:
    """The resources of the SAM transform, resolved."""
    read_file = template.relative_reader(path)
    source = plain(_without_loops(loaded, values, read_file))
    for resource in source["Resources"].values():
        _point_to_s3(resource)
    globals_ = source.get("Globals", {}).get("Function", {})
    if "CodeUri" in globals_:
        globals_["CodeUri"] = "s3://bucket/code.zip"
    transformed = Translator({}, Parser()).translate(source, dict(given))
    transformed["Transform"] = source.get("Transform")  # for the language extensions, if it asks for them
    again = read_text(_as_json(transformed).encode(), path.name)
    assert isinstance(again, Map)
    resolved = resolve(again, context("stack", parameters=values, read=read_file))
    return {logical_id: plain(resource) for logical_id, resource in resolved.resources.items()}


def _without_loops(loaded: Map, values: dict[str, Value], read_file: template.ReadFile) -> Map:
    """What CloudFormation's language extensions hand on to the transform."""
    resources = loaded["Resources"]
    if not isinstance(resources, Map) or not any(key.startswith("Fn::ForEach::") for key in resources):
        return loaded
    given = context("stack", parameters=values, read=read_file)
    return expand_macros(loaded, lambda part: Resolver(part, given, functions=FUNCTIONS, tests=TESTS))


def _as_json(value: Any) -> str:
    """JSON in which numbers stand as they were written."""
    match value:
        case dict():
            return f"{{{', '.join(f'{json.dumps(str(key))}: {_as_json(child)}' for key, child in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_as_json, value))}]"
        case WrittenInt() | WrittenFloat():
            return value.text
        case _:
            return json.dumps(value, default=str)


API_TYPES = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")


def _point_to_s3(resource: dict[str, Any]) -> None:
    """The transform takes only what `sam package` has uploaded."""
    properties = resource.setdefault("Properties", {})
    for key in ("CodeUri", "ContentUri", "DefinitionUri"):
        if isinstance(properties.get(key), str):
            properties[key] = "s3://bucket/key"
    kind = resource.get("Type")
    if kind == "AWS::Serverless::Application":  # which would be asked for from AWS
        properties["Location"] = "https://bucket.s3.amazonaws.com/template.yaml"
    if kind == "AWS::Serverless::Function" and "InlineCode" not in properties:
        image = properties.get("PackageType") == "Image"
        properties.setdefault("ImageUri" if image else "CodeUri", "repo/image:1" if image else "s3://bucket/key")


def _is_served(resource: dict[str, Any]) -> bool:
    return resource["Type"] in API_TYPES and resource.get("Properties", {}).get("ProtocolType") != "WEBSOCKET"


def functions_of(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The transform's functions; addresses of AWS in their environments lead into the stack, as ours do."""
    apis = {logical_id.lower() for logical_id, resource in resources.items() if _is_served(resource)}
    found = {}
    for logical_id, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Function":
            said = resource["Properties"]
            variables = said.get("Environment", {}).get("Variables", {})
            found[logical_id] = {
                "handler": said.get("Handler"),
                "runtime": said.get("Runtime"),
                "timeout": said.get("Timeout") and int(said["Timeout"]),
                "memory": said.get("MemorySize") and int(said["MemorySize"]),
                "architecture": said.get("Architectures", ["x86_64"])[0],
                "environment": {key: replace_addresses(as_text(value), apis).text for key, value in variables.items()},
            }
    return found


def our_functions(expansion: Expansion) -> dict[str, dict[str, Any]]:
    return {
        function.logical_id: {
            "handler": function.entry.handler,
            "runtime": function.entry.runtime,
            "timeout": function.entry.timeout,
            "memory": function.entry.memory_size,
            "architecture": function.entry.architecture,
            "environment": {
                key: value
                for key, value in function.entry.environment.items()
                if (key, value) != ("NODE_OPTIONS", "--enable-source-maps")  # of `sam build`, not of the transform
            },
        }
        for function in expansion.application.functions
    }


def routes_of(resources: dict[str, Any]) -> Iterator[Served]:
    """Every route to a function, with what is checked before the function is called."""
    names = {
        resource["Properties"].get("FunctionName", logical_id): logical_id
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    for logical_id, resource in resources.items():
        if resource["Type"] in ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"):
            document = resource["Properties"].get("Body", {})
            for path, item in document.get("paths", {}).items():
                for verb, operation in item.items():
                    function = names.get(_target(operation))
                    if function is not None:
                        method = "ANY" if "any" in verb else verb.upper()
                        auth = _guard(document, operation)
                        yield Served(logical_id, method, path.replace("/$default", "$default"), function, auth)


def answers_of(resources: dict[str, Any]) -> Iterator[Answered]:
    """Every route of a document to a MOCK, to another server or to an AWS service."""
    for logical_id, resource in resources.items():
        if resource["Type"] in ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"):
            for path, item in resource["Properties"].get("Body", {}).get("paths", {}).items():
                for verb, operation in item.items():
                    said = operation.get("x-amazon-apigateway-integration", {}) if isinstance(operation, dict) else {}
                    kind, subtype = str(said.get("type")).lower(), said.get("integrationSubtype", "")
                    if kind in ("mock", "http_proxy") or subtype:
                        method = "ANY" if "any" in verb else verb.upper()
                        address = "" if kind == "mock" else subtype or said.get("uri", "")
                        yield Answered(logical_id, method, path, kind, address)


def added_routes(resources: dict[str, Any]) -> set[tuple[str, str, str]]:
    """API, method and path of each route that the template adds to an API of SAM, which leaves them alone."""
    routes = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::ApiGatewayV2::Route"]
    keys = [(route["ApiId"], route["RouteKey"].partition(" ")) for route in routes]
    return {(api["Ref"] if isinstance(api, dict) else api, method, path) for api, (method, _, path) in keys}


def our_answers(expansion: Expansion, handwritten: set[str]) -> Iterator[Answered]:
    for route, _ in expansion.application.routes:
        if route.api not in handwritten and route.integration is not None:
            yield Answered(route.api, route.method, route.path, *_answer(route.integration))


def _answer(integration: Integration) -> tuple[str, str]:
    match integration:
        case HttpProxy():
            return "http_proxy", integration.uri
        case ServiceCall():
            return "aws_proxy", integration.subtype
        case _:
            return "mock", ""


def _target(operation: Any) -> str:
    integration = operation.get("x-amazon-apigateway-integration", {}) if isinstance(operation, dict) else {}
    if integration.get("type", "").lower() != "aws_proxy":
        return ""
    return str(integration.get("uri", "")).rpartition(":function:")[2].partition("/")[0].partition(":")[0]


def _schemes(document: dict[str, Any]) -> dict[str, Any]:
    return {**document.get("securityDefinitions", {}), **document.get("components", {}).get("securitySchemes", {})}


def _guard(document: dict[str, Any], operation: dict[str, Any]) -> Checked:
    """What the operation's `security` means by the document's schemes."""
    schemes = _schemes(document)
    security = operation.get("security", document.get("security", ()))
    named = [(name, tuple(scopes)) for requirement in security for name, scopes in requirement.items()]
    named += [(operation.get("x-amazon-apigateway-auth", {}).get("type", "NONE"), ())]
    keys = {name for name, _ in named if schemes.get(name, {}).get("name", "").lower() == "x-api-key"} | {"api_key"}
    wanted = [(name, scopes) for name, scopes in named if name not in keys | {"NONE", "api_key_false"}]
    signed = {name for name, _ in wanted if schemes.get(name, {}).get("x-amazon-apigateway-authtype") == "awsSigv4"}
    names = {"AWS_IAM" if name in signed else name for name, _ in wanted}
    types = {_authorizer_type(schemes.get(name, {})) for name in names}
    scoped = {scope for _, scopes in wanted for scope in scopes} if types & {"jwt", "cognito_user_pools"} else set()
    return Checked(frozenset(names), frozenset(scoped), any(name in keys for name, _ in named))


def _authorizer_type(scheme: dict[str, Any]) -> str:
    return str(scheme.get("x-amazon-apigateway-authorizer", {}).get("type", ""))


def our_routes(expansion: Expansion, handwritten: set[str]) -> Iterator[Served]:
    """The routes of SAM's APIs to functions; the transform leaves hand-written ones as they are."""
    ids = {function.name: function.logical_id for function in expansion.application.functions}
    for route, _ in expansion.application.routes:
        if route.api not in handwritten and route.function is not None:
            auth = route.auth
            name = auth.authorizer or auth.authorization
            names = frozenset() if name == "NONE" else frozenset([name])
            checked = Checked(names, frozenset(auth.scopes), auth.api_key_required)
            yield Served(route.api, route.method, route.path, ids[route.function], checked)


def compare_answers(ours: set[Answered], theirs: set[Answered], expansion: Expansion) -> None:
    """The same answers, but for preflights, which are the API's Cors here; each that is not served is told of."""
    assert ours <= theirs
    told = [notice.text for notice in expansion.notices]
    for route in theirs - ours:
        start = f"route {route.method} {route.path} of {route.api} "
        assert route.method == "OPTIONS" or any(text.startswith(start) for text in told), route


def compare_routes(ours: set[Served], theirs: set[Served], expansion: Expansion) -> None:
    """The same routes with the same checks; each that is not served here is told of."""
    assert ours <= theirs
    told = [notice.text for notice in expansion.notices]
    for served in theirs - ours:
        shown = served.path if served.path == "$default" else f"{served.method} {served.path}"
        assert any(text.startswith(f"route {shown} of {served.api} ") for text in told), served


def compare_authorizers(expansion: Expansion, resources: dict[str, Any]) -> None:
    """Each authorizer asks the same function, or takes the same tokens, found in the same place."""
    ids = {function.name: function.logical_id for function in expansion.application.functions}
    for logical_id, (api, _) in expansion.application.apis.items():
        document = resources.get(logical_id, {}).get("Properties", {}).get("Body", {})
        for name, authorizer in api.authorizers.items():
            scheme = _schemes(document).get(name)
            if scheme is None:
                continue  # of a hand-written API
            theirs = scheme["x-amazon-apigateway-authorizer"]
            assert authorizer.type.lower() == theirs["type"].lower()
            target = str(theirs.get("authorizerUri", "")).rpartition(":function:")[2].partition("/")[0]
            assert ids.get(authorizer.function or "", "") in target
            assert set(authorizer.user_pool_arns) == set(theirs.get("providerARNs", ()))
            assert authorizer.result_ttl_in_seconds in (None, int(theirs.get("authorizerResultTtlInSeconds", -1)))
            configuration = theirs.get("jwtConfiguration", {})
            assert (authorizer.issuer, set(authorizer.audience)) == (
                configuration.get("issuer"),
                set(configuration.get("audience", ())),
            )
            sources = theirs.get("identitySource", f"method.request.header.{scheme.get('name', 'Authorization')}")
            listed = sources.split(",") if isinstance(sources, str) else sources
            tails = {source.strip().rpartition(".")[2] for source in listed}
            assert {source.rpartition(".")[2] for source in authorizer.identity_sources} == tails


def handwritten_apis(loaded: Map) -> set[str]:
    found = [(key, item) for key, item in plain(loaded["Resources"]).items() if isinstance(item, dict)]
    return {logical_id for logical_id, resource in found if str(resource.get("Type")).startswith("AWS::ApiGateway")}


def _table(said: Mapping[str, Any]) -> dict[str, Any]:
    billing = said.get("BillingMode", "PROVISIONED")  # which is what it means when it is not said
    return {"keys": said["KeySchema"], "attributes": said["AttributeDefinitions"], "billing": billing}


def tables_of(resources: dict[str, Any]) -> dict[str, Any]:
    return {
        logical_id: _table(resource["Properties"])
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


def our_tables(expansion: Expansion) -> dict[str, Any]:
    return {table.logical_id: _table(table.definition) for table in expansion.application.resources["DynamoDB"]}


def buckets_of(resources: dict[str, Any]) -> dict[str, int]:
    """How many notifications to functions each bucket has, without those of events that the stack does not have."""
    return {
        logical_id: len([each for each in _notifications(resource) if "Restore" not in each["Event"]])
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::S3::Bucket"
    }


def _notifications(bucket: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        bucket["Properties"].get("NotificationConfiguration", {}).get("LambdaConfigurations", [])
    )
    return found


def our_buckets(expansion: Expansion) -> dict[str, int]:
    """A configuration of the S3 API has several events, one of CloudFormation a single one."""
    key = "LambdaFunctionConfigurations"
    return {
        bucket.logical_id: sum(
            len(each["Events"]) for each in bucket.definition.get("NotificationConfiguration", {}).get(key, [])
        )
        for bucket in expansion.application.resources["S3"]
    }


def event_invokes_of(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What each function says of its asynchronous invocations; a destination by the end of its ARN."""
    found: dict[str, dict[str, Any]] = {}
    names = {_function_name(logical_id, said): logical_id for logical_id, said in resources.items()}
    for resource in resources.values():
        said = resource["Properties"] if resource["Type"] == "AWS::Lambda::EventInvokeConfig" else {}
        owner = names.get(str(said.get("FunctionName")).rpartition(":")[2])
        if owner is None or owner in found:
            continue
        targets = said.get("DestinationConfig") or {}
        ends = {key: _end(target["Destination"]) for key, target in targets.items() if "Destination" in target}
        numbers = [int(said.get("MaximumRetryAttempts", 2)), int(said.get("MaximumEventAgeInSeconds", 21600))]
        found[owner] = {**ends, "numbers": numbers}
    for logical_id, resource in resources.items():
        dead = resource.get("Properties", {}).get("DeadLetterConfig", {}).get("TargetArn")
        if dead is not None and resource["Type"] == "AWS::Lambda::Function":
            found.setdefault(logical_id, {"numbers": [2, 21600]})["DeadLetter"] = _end(dead)
    return {owner: said for owner, said in found.items() if said != {"numbers": [2, 21600]}}


def _function_name(logical_id: str, resource: dict[str, Any]) -> str:
    named = resource["Properties"].get("FunctionName") if resource["Type"] == "AWS::Lambda::Function" else None
    return str(named or logical_id)


def _end(arn: str) -> str:
    """Queues that the transform makes have no name but their logical id, before which a deploy puts the stack's."""
    return arn.rpartition(":")[2].removeprefix("stack-")


def our_event_invokes(expansion: Expansion) -> dict[str, dict[str, Any]]:
    found = {}
    for function in expansion.application.functions:
        said = function.entry.event_invoke
        if said != EventInvoke():
            targets = {"OnSuccess": said.on_success, "OnFailure": said.on_failure, "DeadLetter": said.dead_letter}
            ends = {key: _end(target.function or target.arn or "") for key, target in targets.items() if target}
            numbers = [said.maximum_retry_attempts, said.maximum_event_age]
            found[function.logical_id] = {**ends, "numbers": numbers}
    return found


def compare(path: Path) -> str:
    """`agrees`, or who refuses the template and why; fails where the two differ."""
    try:
        loaded = template.load(path)
        given = plausible(loaded)
        values = dict(declared_parameters.values_of(loaded, given).values)
        expansion = ours(path, loaded, values)
    except TemplateError as refusal:
        return f"refused: {refusal}"
    try:
        resources = theirs(path, loaded, given, values)
    except InvalidDocumentException as refusal:
        return f"refused by the transform: {refusal.message} {[cause.message for cause in refusal.causes]}"
    far = {notice.logical_id for notice in expansion.notices if "the function is left out" in notice.text}
    resources = {logical_id: resource for logical_id, resource in resources.items() if logical_id not in far}
    own = handwritten_apis(loaded)
    of_sam = {route for route in routes_of(resources) if route.api not in own}
    assert our_functions(expansion) == functions_of(resources)
    compare_routes(set(our_routes(expansion, own)), of_sam, expansion)
    answers = {answer for answer in answers_of(resources) if answer.api not in own}
    added = added_routes(resources)
    answered = {each for each in our_answers(expansion, own) if (each.api, each.method, each.path) not in added}
    compare_answers(answered, answers, expansion)
    compare_authorizers(expansion, resources)
    assert our_tables(expansion) == tables_of(resources)
    assert our_buckets(expansion) == buckets_of(resources)
    assert our_event_invokes(expansion) == event_invokes_of(resources)
    return "agrees"


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The transform asks boto for a region, and warns that nobody reads its metrics."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    caplog.set_level(logging.CRITICAL, logger="samtranslator")


@pytest.mark.parametrize("path", OWN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_our_own_templates(path: Path) -> None:
    assert compare(path) == "agrees"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the collection of real templates (../shared/corpus) is not here")
def test_real_templates() -> None:
    """Every template of the corpus: it agrees, or one of the two refuses it."""
    paths = [path for path in sorted(CORPUS.rglob("*")) if path.name.startswith("template") and path.suffix != ".md"]
    chosen = paths if os.environ.get("ESB_ALL_TEMPLATES") else paths[::4]
    different = []
    compared = 0
    for path in chosen:
        try:
            compared += compare(path) == "agrees"
        except AssertionError as difference:
            different.append(f"{path.relative_to(CORPUS)}: {difference}")
    assert not different, "\n\n".join(different)
    assert compared > len(chosen) / 2
