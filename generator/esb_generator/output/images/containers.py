"""The container of a function: its image, environment variables, limits and entrypoint."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from esb_generator.model import Application, Function, ImageCode
from esb_generator.output.images.build_stages import NO_INPUTS, BuildInputs
from esb_generator.output.images.dockerfile_reader import Entrypoint
from esb_generator.output.rendering.texts import quoted, text, variable
from esb_schemas.backends import (
    BACKENDS,
    GATEWAY_URL,
    HOST_IP,
    LAMBDA_ENDPOINT_VARIABLE,
    NOT_IN_THIS_STACK_URL,
    Backend,
)
from esb_schemas.contract import (
    DEFAULT_VARIABLES,
    FunctionDescription,
    FunctionSettings,
    ImageConfig,
    reserved_variables,
    settings,
    version_of,
)
from esb_schemas.sections import SECTIONS
from esb_schemas.settings_files.env_file import escaped_name, value_variable
from esb_wire.function_credentials import access_key_id

RESERVED_VARIABLES: Final = ("ESB_LOG_PIPE", "ESB_LOG_QUESTIONS")  # for the processes of runtime/
OWN_SERVICES: Final = ("gateway", "provisioner")  # of every stack; their code is ESB's
SERVICES: Final = (
    "bucket-hosts",
    "storage-events",
    "volumes",
    *OWN_SERVICES,
    *dict.fromkeys(row.host for row in BACKENDS),
)
RUNTIME_ALIAS: Final = "runtime.esb"  # the gateway's name on the runtimes' network
RUNTIME_PORT: Final = 9001
SUPERVISOR: Final = "/opt/esb/supervisor"
NODE_GUARD: Final = "aws_guard.cjs"
MAX_STOP_GRACE: Final = 30  # seconds; the longest time that `docker compose up` or `down` waits for running invocations


def own_backends(application: Application) -> tuple[Backend, ...]:
    """The backing services of ESB's own server, if the application has resources of theirs."""
    services = {SECTIONS[name].service for name, entries in application.resources.items() if entries}
    hosts = {row.host for row in BACKENDS if row.own and row.service in services}
    return tuple(row for row in BACKENDS if row.host in hosts)


def endpoints(own: Iterable[Backend] = (), *, swarm: bool = False, external: Collection[str] = ()) -> dict[str, str]:
    """The URLs of the stack's services, in Compose's syntax, by the variables that processes and SDKs read.

    Also the user and password of a server with Basic authentication. `own` are the `own_backends`.

    In a swarm, each server can be replaced by another one, and nested variables are not supported. ESB's own server can
    always be replaced. Services in `external` have no server in the stack. The public endpoint is for presigned URLs,
    which browsers use.
    """
    found = {"AWS_ENDPOINT_URL_LAMBDA": GATEWAY_URL, LAMBDA_ENDPOINT_VARIABLE: GATEWAY_URL}
    for row in (*(each for each in BACKENDS if not each.own), *own):
        url = variable(row.url_variable, row.url) if swarm or row.own else row.url
        if row.service in external:
            url = f"${{{row.url_variable}:?set it to the URL of your {row.label} server}}"
        found[row.endpoint_variable] = url
        found |= dict.fromkeys(row.sdk_variables, url)
        if row.public_endpoint_variable and row.public_url_variable:
            port = row.port if swarm else variable(row.port_variable, row.port)
            public = variable(row.public_url_variable, f"http://{HOST_IP}:{port}")
            if row.service in external:
                public = (
                    f"${{{row.public_url_variable}:?set it to the URL}}"
                    if swarm
                    else variable(row.public_url_variable, f"${{{row.url_variable}}}")
                )
            found[row.public_endpoint_variable] = public
        if auth := row.basic_auth:
            found[auth.username_variable] = variable(auth.set_username_variable, auth.username)
            found[auth.password_variable] = f"${{{auth.set_password_variable}:?{unset(swarm=swarm)}}}"
    return found


def unset(*, swarm: bool = False) -> str:
    """The hint for a variable of .env that is not set."""
    return "read .esb/.env first" if swarm else "run esb build again"


class ImageFacts(NamedTuple):
    """The entrypoint of a function's own image, if known, and the inputs of the build stages of a generated one."""

    entrypoint: Entrypoint | None = None
    inputs: BuildInputs = NO_INPUTS


class Container(NamedTuple):
    """A function's container; `image`, `build`, `runtime_host` and the values of `environment` in Compose's syntax."""

    function: Function
    service: str
    image: str
    build: str | None  # None for an image that exists
    inputs: BuildInputs
    platform: str | None
    runtime_host: str  # the gateway's host name for this function, with its token; one label if it must be resolved
    is_supervised: bool  # False: the runtime itself asks for that host name, so that the gateway needs it as an alias
    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    working_dir: str | None
    network: str  # besides that of the runtimes; the closed one reaches the stack's servers only
    mounts_supervisor: bool
    memory_limit: int  # MB
    ephemeral_storage: int  # MB
    stop_grace: int  # seconds
    replicas_variable: str  # for a swarm


def container_of(function: Function, application: Application, tag: str, facts: ImageFacts) -> Container:
    """A function's container, without the addresses of servers; `tag` is the hash of its build context."""
    entrypoint = facts.entrypoint
    host = f"{function.name[:30].lower()}-${{{token_variable(function.name)}:?run esb build again}}"
    image = function.entry.image or ImageConfig()
    supervised_image = _supervised_image(image, entrypoint)
    ephemeral_storage = function.entry.ephemeral_storage
    of_entry = settings(function.entry)
    slots = max(of_entry.max_capacity, 1)  # invocations at a time; the container starts anyway
    is_supervised = supervised(function, entrypoint)
    if is_supervised:
        host += ".esb"
    return Container(
        function=function,
        service=service_name(function),
        image=_image(function, application, tag),
        build=_build(function, facts.inputs),
        inputs=facts.inputs,
        platform=_platform(function),
        runtime_host=host,
        is_supervised=is_supervised,
        environment=_environment(
            function,
            application,
            host,
            _reserved(function, of_entry, application.region, is_supervised=is_supervised),
        ),
        entrypoint=supervised_image.entrypoint if supervised_image else image.entry_point,
        command=supervised_image.command if supervised_image else image.command,
        working_dir=image.working_directory,
        network="default" if function.entry.egress else "closed",
        mounts_supervisor=supervised_image is not None,
        memory_limit=of_entry.memory_size * slots
        + ephemeral_storage
        + (_supervisor_memory(function, slots) if is_supervised else 0),
        ephemeral_storage=ephemeral_storage,
        stop_grace=_stop_grace(of_entry),
        replicas_variable=replicas_variable(function.name),
    )


def with_addresses(container: Container, addresses: Mapping[str, str]) -> Container:
    """The container with the `endpoints` of the stack's servers, which its function's own variables may replace."""
    urls = {name: f'"{url}"' for name, url in addresses.items()}
    return container._replace(environment={**urls, **container.environment})


def service_name(function: Function) -> str:
    """The name of a function's service: the function's own, unless another service of the stack has it."""
    return f"{function.name}-function" if function.name.lower() in SERVICES else function.name


def supervised(function: Function, entrypoint: Entrypoint | None) -> bool:
    """Whether the supervisor starts the runtimes; in an image of the function's own, if its entrypoint is known."""
    return not isinstance(function.code, ImageCode) or entrypoint is not None


def is_python(function: Function) -> bool:
    """Whether the function's image is generated and its processes load runtime/sitecustomize.py."""
    return not isinstance(function.code, ImageCode) and (function.entry.runtime or "").startswith("python")


def is_node(function: Function) -> bool:
    """Whether the function's image is generated and its processes load the guard that keeps Node.js from AWS."""
    return not isinstance(function.code, ImageCode) and (function.entry.runtime or "").startswith("nodejs")


def is_provided(function: Function) -> bool:
    """Whether the function has a custom runtime, a program named bootstrap."""
    return not isinstance(function.code, ImageCode) and (function.entry.runtime or "").startswith("provided")


def token_variable(function: str) -> str:
    """The variable that holds a function's token, different for each name."""
    return f"ESB_TOKEN_{escaped_name(function)}"


def secret_variable(function: str) -> str:
    """The variable that holds the secret access key of a function, different for each name."""
    return f"ESB_SECRET_ACCESS_KEY_{escaped_name(function)}"


def replicas_variable(function: str) -> str:
    """The variable with the number of a function's containers in a swarm, different for each name."""
    return f"ESB_REPLICAS_{escaped_name(function)}"


def _supervised_image(image: ImageConfig, entrypoint: Entrypoint | None) -> Entrypoint | None:
    """The supervisor, then the entrypoint of the function's own image; an EntryPoint resets the image's CMD."""
    if entrypoint is None:
        return None
    command = image.command or (() if image.entry_point else entrypoint.command)
    return Entrypoint((SUPERVISOR, *(image.entry_point or entrypoint.entrypoint)), command)


def _image(function: Function, application: Application, tag: str) -> str:
    if isinstance(function.code, ImageCode) and function.code.context is None:
        return text(function.code.uri)
    repository = f"{_repository(application.stack_name)}-{_repository(function.name)}"
    return f'"${{IMAGE_PREFIX:-esb}}/{repository}:${{IMAGE_TAG:-{tag}}}"'


def _stop_grace(of_entry: FunctionSettings) -> int:
    """Seconds that running invocations have when the container is stopped."""
    return min(of_entry.timeout, MAX_STOP_GRACE)


def _supervisor_memory(function: Function, slots: int) -> int:
    """MB for the supervisor and for its part of each slot, as measured in docs/supervisor.md."""
    of_slot = 2 if is_python(function) else 4  # with the process that ships log lines
    return 5 + of_slot * slots


def _platform(function: Function) -> str | None:
    """linux/arm64 for a program built for ARM; scripts run on any platform."""
    is_program = isinstance(function.code, ImageCode) or (function.entry.runtime or "").startswith("provided")
    return "linux/arm64" if function.entry.architecture == "arm64" and is_program else None


def _build(function: Function, inputs: BuildInputs) -> str | None:
    code = function.code
    if not isinstance(code, ImageCode):
        # The files of all functions are a separate context, so that the builder makes one layer of them for all.
        arguments = {name: variable(name, "") for name in inputs.arguments}
        stages = {"args": arguments, "secrets": inputs.secrets} if inputs.secrets else {}
        context = f"functions/{function.name}"
        return quoted({"context": context, "additional_contexts": {"esb-runtime": "./runtime"}, **stages})
    if code.context is None:
        return None
    build: dict[str, object] = {"context": f"functions/{function.name}/context", "dockerfile": code.dockerfile}
    if code.target:
        build["target"] = code.target
    if code.build_args:
        build["args"] = dict(code.build_args)
    return text(build)


def _environment(
    function: Function,
    application: Application,
    host: str,
    reserved: Mapping[str, str],
) -> dict[str, str]:
    """The function's variables as YAML: those of the stack, which its own may replace, then the reserved ones.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    own = {name: value for name, value in function.entry.environment.items() if name not in RESERVED_VARIABLES}
    secret = {
        name: f"${{{value_variable(function.name, name)}?run esb build again}}"  # which may be empty
        for name in function.secrets
        if name not in RESERVED_VARIABLES
    }
    filled_in_by_compose = {
        **_credentials(function, application),
        "AWS_LAMBDA_RUNTIME_API": f"{host}:{RUNTIME_PORT}",
    }
    # Keeps SDKs from AWS, in child processes of Python too; in Python itself, sitecustomize.py has a better message.
    elsewhere = {"AWS_ENDPOINT_URL": NOT_IN_THIS_STACK_URL}
    first = _preload_variables(function)
    loaded = {name: (prefix + own.get(name, default)).strip() for name, (prefix, default) in first.items()}
    written = {**DEFAULT_VARIABLES, **elsewhere, **own, **loaded, **reserved}
    for name in secret:
        written.pop(name, None)
    quoted = {name: f'"{first[name][0] if name in first else ""}{value}"' for name, value in secret.items()}
    return {**{name: text(value) for name, value in written.items()}, **quoted, **filled_in_by_compose}


def _reserved(function: Function, of_entry: FunctionSettings, region: str, *, is_supervised: bool) -> dict[str, str]:
    """The variables that the runtime and the supervisor read, which the function cannot set."""
    entry = function.entry
    described = FunctionDescription(
        name=function.name,
        region=region,
        runtime=entry.runtime,
        memory_size=of_entry.memory_size,
        log_format=entry.log_format,
        provisioned=of_entry.min_capacity > 0,
        published=entry.published,
    )
    reserved = {
        **reserved_variables(described),
        "ESB_STOP_GRACE": str(_stop_grace(of_entry)),
    }
    if is_supervised and not is_python(function):
        reserved["ESB_SHIP_LOGS"] = "1"  # in Python, sitecustomize.py ships them
    if is_supervised and isinstance(function.code, ImageCode):
        # Not NODE_OPTIONS itself: that would replace the image's own, which only the container knows.
        reserved["ESB_NODE_GUARD"] = f"/opt/esb/node/{NODE_GUARD}"
    if is_provided(function):
        reserved["_HANDLER"] = function.entry.handler or ""  # the image's entrypoint would set it
    if is_supervised:
        # It sends the name with the token as Host header but never resolves it: no DNS server learns the token, and a
        # new function adds no alias to the gateway, which would recreate its container.
        reserved["ESB_GATEWAY"] = f"{RUNTIME_ALIAS}:{RUNTIME_PORT}"
    else:
        # The supervisor gives each runtime its own log stream; without it there is one for each container.
        reserved["AWS_LAMBDA_LOG_STREAM_NAME"] = f"{function.name}/[{version_of(published=entry.published)}]"
    return reserved


def _credentials(function: Function, application: Application) -> dict[str, str]:
    key_id, secret = "${ESB_ACCESS_KEY_ID:?run esb build again}", "ESB_SECRET_ACCESS_KEY"
    if application.function_credentials:
        key_id, secret = access_key_id(function.name), secret_variable(function.name)
    return {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": f"${{{secret}:?run esb build again}}"}


def _preload_variables(function: Function) -> dict[str, tuple[str, str]]:
    """For each variable that makes a runtime load ESB's files: the prefix of the function's value, and its default.

    PYTHONPATH has runtime/sitecustomize.py first, then the folders of layers in the order that Lambda has.
    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    if is_python(function):
        lambdas = f"/opt/python/lib/{function.entry.runtime}/site-packages:/opt/python:/var/runtime"
        return {"PYTHONPATH": ("/opt/esb/python:", lambdas)}
    if is_node(function):
        return {"NODE_OPTIONS": (f"--require /opt/esb/node/{NODE_GUARD} ", "")}
    return {}


def _repository(name: str) -> str:
    """A name as part of an image's name: lower case, without two separators in a row."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "function"
