"""An Application as the three documents of the contract: resources.yml, functions.yml and routing.yml."""

import io
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import yaml

from esb_generator.model import Application, Function, ImageCode, ResourceEntry
from esb_generator.output.build_methods.function_builds import NO_BUILDS, FunctionBuilds
from esb_generator.output.seeds.seed_files import SeedFiles
from esb_generator.values import NOTHING
from esb_schemas import contract
from esb_schemas.documents.kinds import Kind
from esb_schemas.lazy_pattern import LazyPattern

# These methods need no entry in `builds`: the gateway finds their manifests in the function's folder.
FROM_MANIFESTS: Final = ("nodejs", "python")


class Documents(NamedTuple):
    """The contract files as plain data, each in the shape of its JSON Schema."""

    resources: dict[str, Any]
    functions: dict[str, Any]
    routing: dict[str, Any]

    def by_kind(self) -> tuple[tuple[Kind, dict[str, Any]], ...]:
        """Each document with the kind of its schema."""
        return (("resources", self.resources), ("functions", self.functions), ("routing", self.routing))


def documents(
    application: Application,
    builds: Mapping[str, FunctionBuilds] = NOTHING,
    seeds: Mapping[str, SeedFiles] = NOTHING,
) -> Documents:
    """The resources.yml, functions.yml and routing.yml of an application; `builds`, `seeds` are by logical id."""
    sections = {
        name: [_definition(each, seeds.get(each.logical_id)) for each in entries]
        for name, entries in application.resources.items()
    }
    functions = contract.Functions(
        contract.Stack(
            application.stack_name, application.region, application.account_id, application.function_credentials
        ),
        functions={
            each.name: _entry(each, layer_folders(application, each), builds.get(each.logical_id, NO_BUILDS))
            for each in application.functions
        },
        schedules=application.schedules,
    )
    routing = contract.Routing(
        {logical_id: api.entry for logical_id, api in application.apis.items()},
        tuple(route.entry for route in application.routes),
        application.api_keys,
        application.usage_plans,
    )
    return Documents(
        contract.dump_resources(sections),
        contract.dump_functions(functions),
        contract.dump_routing(routing),
    )


def _definition(entry: ResourceEntry, seed: SeedFiles | None) -> Mapping[str, Any]:
    if seed is None:
        return entry.definition
    return {**entry.definition, "Seed": {"Path": seed.path, "Records": seed.records}}


def layer_folders(application: Application, function: Function) -> list[str]:
    """The folders of a function's layers, numbered in the order in which they are laid over each other."""
    names = {layer.logical_id: layer.name for layer in application.layers}
    return [f"functions/{function.name}/layers/{n}-{names[layer]}" for n, layer in enumerate(function.layers, 1)]


def _entry(function: Function, layers: list[str], builds: FunctionBuilds) -> contract.Function:
    """The function's entry, with the folders that its files are written to."""
    entry = function.entry._replace(logical_id=function.logical_id, layers=tuple(layers))
    if isinstance(function.code, ImageCode):
        return entry._replace(package_type="Image")
    code = f"functions/{function.name}/code"
    parts = [(code, builds.code), *zip(layers, (each.build for each in builds.layers), strict=False)]
    of_parts = {
        folder: contract.Build(build.method, build.script, build.tools)
        for folder, build in parts
        if build is not None and build.method not in FROM_MANIFESTS
    }
    return entry._replace(code=code, builds=of_parts)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # chosen at run time
    """Writes lists inside mappings indented, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text that a reader of YAML 1.2 takes for a number (0099, 1e3) is quoted, though YAML 1.1 reads it as text."""
    style = "'" if text[:1] in _NUMBER_STARTS and _NUMBER_LIKE.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_NUMBER_STARTS = "-+.0123456789"
_NUMBER_LIKE = LazyPattern(r"[-+.]?[0-9][-+.:_0-9a-fA-FxXoO]*")
_Dumper.add_representer(str, _text_node)


def to_yaml(document: dict[str, Any]) -> str:
    """A document as the text of its file."""
    out = io.StringIO()
    yaml.dump(document, out, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return out.getvalue()
