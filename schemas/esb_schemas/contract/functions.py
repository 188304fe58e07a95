"""functions.yml: what the gateway may run, and how."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from esb_schemas.contract.cors import Cors, load_cors
from esb_schemas.documents.contract_version import VERSION
from esb_schemas.documents.records import NOTHING, dict_of, loader, plain, tuple_of
from esb_schemas.event_sources import EventSource, load_event
from esb_schemas.event_sources.schedule import Schedule, load_schedule
from esb_schemas.partitions import arn_of


class Stack(NamedTuple):
    """The names in ARNs, log groups and the environment of functions.

    With `function_credentials`, each function has its own credentials, derived from the stack's.
    """

    name: str = "esb"
    region: str = "us-east-1"
    account_id: str = "123456789012"
    function_credentials: bool = False

    def function_arn(self, name: str) -> str:
        """The ARN of a function, without a qualifier."""
        return arn_of("lambda", self.region, self.account_id, f"function:{name}")


class Scaling(NamedTuple):
    """The number of slots of a function; None if the file does not say. `idle_timeout` in seconds."""

    min_capacity: int | None = None
    max_capacity: int | None = None
    idle_timeout: float | None = None
    queue_depth: int | None = None


class FunctionDefaults(NamedTuple):
    """The file's defaults for its functions; None if the file has none."""

    timeout: int | None = None
    memory_size: int | None = None
    environment: Mapping[str, str] = NOTHING
    scaling: Scaling = Scaling()


DEFAULT_SLOTS: Final = 10
FUNCTION_MEMORY: Final = 10240  # MB; the largest function that AWS has


def default_max_capacity(memory_size: int, function_memory: int = FUNCTION_MEMORY) -> int:
    """The slots of a function that sets no maximum: as many as fit into `function_memory` MB, and at most 10.

    Each slot may use the function's memory, so the limit of its container is their sum.
    """
    return max(1, min(DEFAULT_SLOTS, function_memory // memory_size))


class FunctionSettings(NamedTuple):
    """The effective settings of a function: its own, else the file's defaults, else these.

    `timeout` and `idle_timeout` in seconds, `memory_size` in MB; `queue_depth` invocations may wait for a slot.
    """

    timeout: int = 3
    memory_size: int = 128
    environment: Mapping[str, str] = NOTHING
    min_capacity: int = 0
    max_capacity: int = DEFAULT_SLOTS
    idle_timeout: float = 300
    queue_depth: int = 1000


class FunctionUrl(NamedTuple):
    """The URL of a function, or of the alias `qualifier`."""

    auth_type: Literal["NONE", "AWS_IAM"]
    invoke_mode: Literal["BUFFERED", "RESPONSE_STREAM"] = "BUFFERED"
    qualifier: str | None = None
    cors: Cors | None = None


class ImageConfig(NamedTuple):
    """The settings of its image that an image function overrides."""

    command: tuple[str, ...] = ()
    entry_point: tuple[str, ...] = ()
    working_directory: str | None = None


class Destination(NamedTuple):
    """The destination of an event's record: a function of the file, by its name, or an ARN."""

    function: str | None = None
    arn: str | None = None


class EventInvoke(NamedTuple):
    """The rules for asynchronous invocations; `maximum_event_age` in seconds."""

    maximum_retry_attempts: int = 2
    maximum_event_age: int = 21600
    on_success: Destination | None = None
    on_failure: Destination | None = None
    dead_letter: Destination | None = None


class Build(NamedTuple):
    """The build of a folder with source: `command` is for `sh -e -c`, `tools` must be on PATH."""

    method: str
    command: str
    tools: tuple[str, ...] = ()


class Function(NamedTuple):
    """A function of the file. `timeout` in seconds, `memory_size` and `ephemeral_storage` in MB.

    The keys of `builds` are the folders in `code` and `layers`. `settings` fills in the fields that are None.
    """

    logical_id: str | None = None
    description: str | None = None
    package_type: Literal["Zip", "Image"] = "Zip"
    handler: str | None = None
    runtime: str | None = None
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    code: str | None = None
    layers: tuple[str, ...] = ()
    builds: Mapping[str, Build] = NOTHING
    timeout: int | None = None
    memory_size: int | None = None
    ephemeral_storage: int = 512
    environment: Mapping[str, str] = NOTHING
    secret_environment: tuple[str, ...] = ()
    log_format: Literal["Text", "JSON"] = "Text"
    egress: bool = True
    recursive_loop: Literal["Allow", "Terminate"] = "Terminate"
    scaling: Scaling = Scaling()
    reserved_concurrency: int | None = None
    aliases: tuple[str, ...] = ()
    published: bool = False
    auto_publish_alias: str | None = None
    image: ImageConfig | None = None
    event_invoke: EventInvoke = EventInvoke()
    events: tuple[EventSource, ...] = ()
    url: FunctionUrl | None = None


class ScheduleTarget(NamedTuple):
    """A queue, a topic or a bus. A FIFO queue has a `message_group_id`, a bus `source` and `detail_type`."""

    arn: str
    message_group_id: str | None = None
    source: str | None = None
    detail_type: str | None = None


class TargetSchedule(NamedTuple):
    """A schedule whose target is not a function."""

    schedule: Schedule
    target: ScheduleTarget


class Functions(NamedTuple):
    """The file; `functions` by name."""

    stack: Stack = Stack()
    defaults: FunctionDefaults = FunctionDefaults()
    functions: Mapping[str, Function] = NOTHING
    schedules: tuple[TargetSchedule, ...] = ()

    def settings(self, name: str) -> FunctionSettings:
        """The effective settings of the function of this name."""
        return settings(self.functions[name], self.defaults)


# For each setting, the records that may have it, in order of priority. A table, because an application may have
# thousands of functions.
_FIELDS: Final = (Scaling._fields, Function._fields, Scaling._fields, FunctionDefaults._fields)
_HOLDERS: Final = [
    (name, [at for at, fields in enumerate(_FIELDS) if name in fields])
    for name in FunctionSettings._fields
    if name != "environment"
]


def settings(function: Function, defaults: FunctionDefaults = FunctionDefaults()) -> FunctionSettings:  # noqa: B008
    """The effective settings of a function. If the minimum is above the default maximum, it is the maximum too."""
    layers = (function.scaling, function, defaults.scaling, defaults)
    values: dict[str, Any] = {"environment": {**defaults.environment, **function.environment}}
    for name, holders in _HOLDERS:
        value = next((found for at in holders if (found := getattr(layers[at], name)) is not None), None)
        if value is not None:
            values[name] = value
    whole = FunctionSettings(**values)
    most = whole.max_capacity if "max_capacity" in values else default_max_capacity(whole.memory_size)
    return whole._replace(max_capacity=max(whole.min_capacity, most))


_load_scaling: Final = loader(Scaling)
_load_destination: Final = loader(Destination)
load_function: Final = loader(
    Function,
    builds=dict_of(loader(Build)),
    scaling=_load_scaling,
    image=loader(ImageConfig),
    event_invoke=loader(
        EventInvoke, on_success=_load_destination, on_failure=_load_destination, dead_letter=_load_destination
    ),
    events=tuple_of(load_event),
    url=loader(FunctionUrl, cors=load_cors),
)
_load_file: Final = loader(
    Functions,
    stack=loader(Stack),
    defaults=loader(FunctionDefaults, scaling=_load_scaling),
    functions=dict_of(load_function),
    schedules=tuple_of(loader(TargetSchedule, schedule=load_schedule, target=loader(ScheduleTarget))),
)


def load_functions(document: Mapping[str, Any]) -> Functions:
    """The value of a valid functions.yml."""
    return _load_file({key: value for key, value in document.items() if key != "Version"})


def dump_functions(value: Functions) -> dict[str, Any]:
    """The document that the value is read from, as plain data."""
    defaults = {"defaults": plain(value.defaults)} if value.defaults != FunctionDefaults() else {}
    return {
        "Version": VERSION,
        "stack": plain(value.stack, always=("name", "region", "account_id")),
        **defaults,
        "functions": plain(value.functions),
        **({"schedules": plain(value.schedules)} if value.schedules else {}),
    }
