"""AWS::Serverless::Function and AWS::Lambda::Function become functions."""

from typing import Literal, NamedTuple

from esb_generator.model import BuildMetadata, Function
from esb_generator.near_miss import near_miss
from esb_generator.resources.nodes import Convert, Node, check_keys, each, flag, integer, matching, names, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.lambda_.code import build_metadata, function_code, image_config, is_image
from esb_generator.services.lambda_.layers import WEB_ADAPTER
from esb_generator.services.lambda_.missing_layers import is_web_adapter
from esb_generator.values import Map, Seq, Value
from esb_schemas import contract
from esb_schemas.contract import record_of
from esb_schemas.lazy_pattern import LazyPattern

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as families of versions.
_RUNTIME = LazyPattern(
    r"python[23]\.\d+|nodejs\d+\.x|java\d+(\.al2)?|dotnet\d+|dotnetcore\d\.\d|ruby\d\.\d|go1\.x"
    r"|provided(\.al\d+)?"
)
# Retired before AWS published base images: nothing can be built on them.
_WITHOUT_IMAGE = LazyPattern(r"nodejs([468]\.\d+(-edge)?)?|dotnetcore[12]\.0")
_NAME = LazyPattern(r"[A-Za-z0-9_-]{1,64}")
_VARIABLE = LazyPattern(r"[A-Za-z][A-Za-z0-9_]*")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, "Defined runtime environment variables"
_RESERVED = names(
    "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME "
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE "
    "AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY "
    "AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR"
)
_handler = matching(LazyPattern(r"\S{1,128}"), "must be 1 to 128 characters without spaces, such as app.handler")
# Runtimes that AWS has, and those that it has retired but still runs. Any other is a warning, as AWS may add it.
_KNOWN = names(
    "python2.7 python3.6 python3.7 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14 "
    "nodejs10.x nodejs12.x nodejs14.x nodejs16.x nodejs18.x nodejs20.x nodejs22.x nodejs24.x "
    "java8 java8.al2 java11 java17 java21 java25 dotnetcore2.1 dotnetcore3.1 dotnet5 dotnet6 dotnet7 dotnet8 dotnet9 "
    "dotnet10 ruby2.5 ruby2.7 ruby3.2 ruby3.3 ruby3.4 go1.x provided provided.al2 provided.al2023"
)
alias = matching(LazyPattern(r"(?!\d+$)[A-Za-z0-9_-]{1,128}"), "must be letters, digits, _ and -, and not a number")
_MAX_LAYERS = 5
_MAX_ENVIRONMENT = 4096  # bytes
BUILD_FIRST = "run sam build, and esb build -t .aws-sam/build/template.yaml"

_LOGGING = names("ApplicationLogLevel LogFormat LogGroup SystemLogLevel")


def _only(key: str, convert: Convert[int]) -> Convert[int | None]:
    """A mapping with a single entry."""

    def converted(node: Node) -> int | None:
        check_keys(node, names(key))
        return node.need(key, convert)

    return converted


_PROVISIONED = _only("ProvisionedConcurrentExecutions", integer(1))


class Versions(NamedTuple):
    """A function's aliases, and whether it is published at all, as other resources define them."""

    aliases: tuple[str, ...] = ()
    published: bool = False


def function(stack: Stack, resource: Resource, versions: Versions) -> Function:
    """A function with everything that its resource defines."""
    properties = resource.properties
    stack.check_properties(resource)
    image, build = is_image(resource), build_metadata(resource)
    properties.read("PackageType", one_of("Zip", "Image"))
    published = properties.read("AutoPublishAlias", alias)
    provisioned = properties.read("ProvisionedConcurrencyConfig", _PROVISIONED)
    reserved = properties.read("ReservedConcurrentExecutions", integer(0))
    entry = record_of(
        contract.Function,
        description=properties.read("Description", text),
        handler=None if image else _checked_handler(properties),
        runtime=None if image else properties.need("Runtime", _runtime),
        architecture=properties.read("Architectures", _architecture),
        timeout=properties.read("Timeout", integer(1, 900)),
        memory_size=properties.read("MemorySize", integer(128, 10240)),
        ephemeral_storage=properties.read("EphemeralStorage", _only("Size", integer(512, 10240))),
        environment=_environment(properties) | _source_maps(properties, build),
        log_format=properties.read("LoggingConfig", _log_format),
        egress=resource.metadata.read("Esb", _egress),
        recursive_loop=properties.read("RecursiveLoop", one_of("Allow", "Terminate")),
        scaling=_scaling(provisioned, reserved),
        reserved_concurrency=reserved,
        aliases=tuple(dict.fromkeys((*([] if published is None else [published]), *versions.aliases))),
        published=published is not None or versions.published,
        auto_publish_alias=published,
        image=image_config(resource) if image else None,
    )
    layers = () if image else _layers(stack, properties)
    name, code = _name(stack, resource), function_code(resource)
    return Function(name, resource.logical_id, resource.mark, code, entry, layers, build=build)


def _source_maps(properties: Node, build: BuildMetadata) -> dict[str, str]:
    """NODE_OPTIONS with which Node.js reads esbuild's source maps, as `sam build` sets it."""
    is_set = properties.child("Environment").child("Variables").has("NODE_OPTIONS")
    wanted = build.method == "esbuild" and build.properties.get("Sourcemap") is True and not is_set
    return {"NODE_OPTIONS": "--enable-source-maps"} if wanted else {}


def _checked_handler(properties: Node) -> str | None:
    """The handler. In Python, Node.js and Ruby it is FILE.FUNCTION, unless a wrapper starts another program."""
    handler, runtime = properties.need("Handler", _handler), _plain(properties.value, "Runtime")
    named = isinstance(runtime, str) and runtime.startswith(("python", "nodejs", "ruby"))
    wrapper = _plain(properties.value, "Environment", "Variables", "AWS_LAMBDA_EXEC_WRAPPER")
    if handler and named and wrapper is None and "." not in handler:
        properties.child("Handler").problem(f"must be FILE.FUNCTION, such as app.{handler}, not {handler!r}")
    return handler


def _plain(value: Value, *keys: str) -> Value:
    """The value below a mapping; None if there is none. Its shape is checked elsewhere."""
    for key in keys:
        value = value.get(key) if isinstance(value, Map) else None
    return value


def _scaling(provisioned: int | None, reserved: int | None) -> contract.Scaling:
    """The reserved concurrency is the maximum; without it the default, or the provisioned concurrency if higher."""
    return contract.Scaling(provisioned, reserved)


def _runtime(node: Node) -> str:
    written = text(node)
    if _WITHOUT_IMAGE.fullmatch(written):
        node.problem(f"{written} is a runtime that AWS has retired and has no image of; choose a later one")
        return written
    if isinstance(node.value, Map | Seq):  # reported by `text`
        return written
    if not _RUNTIME.fullmatch(written):
        such = "python3.12, nodejs22.x, java21 or provided.al2023"
        node.problem(f"must be a Lambda runtime such as {such}, not {written!r}{near_miss(written, _KNOWN)}")
    elif written not in _KNOWN and not _WITHOUT_IMAGE.fullmatch(written):
        node.notice(f"{written} is not a runtime that AWS is known to have{near_miss(written, _KNOWN)}")
    return written


def _name(stack: Stack, resource: Resource) -> str:
    name = stack.name(resource)
    if not _NAME.fullmatch(name):
        fix = stack.rename_hint(name, "give a FunctionName")
        resource.problem(f"the function name {name!r} must be 1 to 64 letters, digits, - and _; {fix}")
    return name


def _architecture(node: Node) -> Literal["x86_64", "arm64"]:
    chosen = each(one_of("x86_64", "arm64"))(node)
    if len(chosen) > 1:
        node.problem("must name one architecture")
    return "arm64" if chosen == ["arm64"] else "x86_64"


def _layers(stack: Stack, properties: Node) -> tuple[str, ...]:
    items = list(properties.items_of("Layers"))
    if len(items) > _MAX_LAYERS:
        properties.child("Layers").problem(f"has {len(items)} layers; Lambda takes {_MAX_LAYERS}")
    found = []
    for item in items:
        reference = text(item)
        layer = stack.layer(reference)
        if layer is not None:
            found.append(layer.logical_id)
        elif stack.context.web_adapter is not None and is_web_adapter(reference) and WEB_ADAPTER not in found:
            found.append(WEB_ADAPTER)
    return tuple(found)


def _environment(properties: Node) -> dict[str, str]:
    environment = properties.child("Environment")
    check_keys(environment, names("Variables"))
    result = {}
    for key, child in environment.entries_of("Variables"):
        if not _VARIABLE.fullmatch(key):
            child.problem("has a name that Lambda refuses; begin with a letter, go on with letters, digits and _")
        elif key in _RESERVED:
            child.problem("is set by Lambda itself; choose another name")
        result[key] = text(child)
        if "\0" in result[key]:
            child.problem("has a NUL character, which no variable can have; remove it")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in result.items())
    if size > _MAX_ENVIRONMENT:
        environment.problem(f"has {size:,} bytes of names and values; Lambda takes {_MAX_ENVIRONMENT:,}")
    return result


def _egress(node: Node) -> bool | None:
    """`Metadata: {Esb: {Egress: false}}`, a key of ESB: the function only reaches the stack."""
    return node.read("Egress", flag)


def _log_format(node: Node) -> Literal["Text", "JSON"]:
    check_keys(node, _LOGGING)
    return node.read("LogFormat", one_of("Text", "JSON")) or "Text"
