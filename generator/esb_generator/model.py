"""The application of a template, resolved and expanded: the one value that every artifact is rendered from.

Everything here is frozen and has no behaviour. Order is the template's; mappings are never changed once made.

Values of this package are named tuples: defining frozen dataclasses takes five times as long, a sixth of a small build.
The types of code have a `kind`, because named tuples of different types can be equal.
"""

from collections.abc import Mapping
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from esb_generator.values import NOTHING, Mark
from esb_schemas import contract

T = TypeVar("T")


class FolderCode(NamedTuple):
    """CodeUri names a folder, or a single file; `path` is relative to the template's folder, with forward slashes.

    It is empty if the template names none: then the template's whole folder is the code.
    """

    path: str
    kind: Literal["folder"] = "folder"


class ArchiveCode(NamedTuple):
    """CodeUri names a .zip or .jar file; `path` is relative to the template's folder."""

    path: str
    kind: Literal["archive"] = "archive"


class InlineCode(NamedTuple):
    """InlineCode: the text of the handler's module."""

    text: str
    kind: Literal["inline"] = "inline"


class ImageCode(NamedTuple):
    """PackageType Image: a Dockerfile to build (`context` relative to the template's folder), or an image (`uri`)."""

    uri: str | None = None
    context: str | None = None
    dockerfile: str = "Dockerfile"
    target: str | None = None
    build_args: Mapping[str, str] = NOTHING
    kind: Literal["image"] = "image"


class WebAdapter(NamedTuple):
    """The replacement of the Lambda Web Adapter's layer: the absolute path of its program, or an image that has it
    as /lambda-adapter.

    https://github.com/awslabs/aws-lambda-web-adapter
    """

    program: str | None = None
    image: str | None = None


Code: TypeAlias = FolderCode | ArchiveCode | InlineCode | ImageCode | WebAdapter


class BuildMetadata(NamedTuple):
    """The build settings of Metadata: BuildMethod, BuildProperties, WorkingDirectory (relative to the template).

    `logical_id` is the resource's own in its template, which is part of the target in a Makefile. `package` is the
    folder that CodeUri names, if the code is the whole Go module or Cargo workspace around it.
    """

    logical_id: str = ""
    method: str | None = None
    properties: Mapping[str, Any] = NOTHING
    working_directory: str | None = None
    package: str = ""


class Function(NamedTuple):
    """A Lambda function. `entry` is the one of functions.yml, without what depends on where its files are written.

    `layers` are logical ids, the lowest first; `secrets` the values of variables that are only in .env.
    """

    name: str
    logical_id: str
    mark: Mark
    code: Code
    entry: contract.Function = contract.Function()
    layers: tuple[str, ...] = ()
    secrets: Mapping[str, str] = NOTHING
    build: BuildMetadata = BuildMetadata()


class Layer(NamedTuple):
    """A layer whose content lies in a folder or an archive, relative to the template's folder; or the Web Adapter."""

    logical_id: str
    name: str
    mark: Mark
    content: FolderCode | ArchiveCode | WebAdapter
    build: BuildMetadata = BuildMetadata()


class Marked(NamedTuple, Generic[T]):
    """A record of the contract, and the place in the template that it comes from."""

    entry: T
    mark: Mark


class ResourceEntry(NamedTuple):
    """A resource that the provisioner creates: `definition` is an entry of resources.yml, boto3's names and shapes.

    `kind` is what users call it, such as table. `seed` is the file or folder of its seed data, relative to the
    template's folder. `secrets` are the values that are only in .env, by variable.
    """

    kind: str
    logical_id: str
    name: str
    mark: Mark
    definition: Mapping[str, Any]
    seed: str | None = None
    secrets: Mapping[str, str] = NOTHING


class Application(NamedTuple):
    """A whole SAM application; APIs, keys and plans by logical id, routes in matching order.

    `resources` are by section of resources.yml, and have every section with a service.
    `function_credentials`: each function has its own credentials.
    """

    stack_name: str
    region: str
    account_id: str
    functions: tuple[Function, ...] = ()
    layers: tuple[Layer, ...] = ()
    apis: Mapping[str, Marked[contract.Api]] = NOTHING
    routes: tuple[Marked[contract.Route], ...] = ()
    api_keys: Mapping[str, contract.ApiKey] = NOTHING
    usage_plans: Mapping[str, contract.UsagePlan] = NOTHING
    resources: Mapping[str, tuple[ResourceEntry, ...]] = NOTHING
    schedules: tuple[contract.TargetSchedule, ...] = ()
    function_credentials: bool = False

    @property
    def notifies(self) -> bool:
        """Whether a bucket has notifications."""
        return any(bucket.definition.get("NotificationConfiguration") for bucket in self.resources.get("S3", ()))
