"""The artifacts of a build: every file of the output with its content, decided without reading the disk."""

import hashlib
import json
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from esb_generator.model import Application, Function, ImageCode, WebAdapter
from esb_generator.output.build_methods.function_builds import NO_BUILDS, FunctionBuilds, LayerBuild
from esb_generator.output.build_methods.parent_packages import parent_packages
from esb_generator.output.build_methods.table import layer_folder
from esb_generator.output.compose import compose_files
from esb_generator.output.compose.compose_files import WatchedFolder
from esb_generator.output.compose.env_files import ENVIRONMENT, SECRETS
from esb_generator.output.compose.file_names import SERVICES_FILE, STACK_FILE
from esb_generator.output.documents.documents import Documents, layer_folders, to_yaml
from esb_generator.output.files.source_files import SourceFile
from esb_generator.output.images.build_stages import NO_INPUTS, build_inputs
from esb_generator.output.images.containers import ImageFacts, is_node, is_python, service_name
from esb_generator.output.images.function_dockerfile import Part, function_dockerfile
from esb_generator.output.sources.gathering import Sources
from esb_schemas.documents.contract_version import GENERATED
from esb_schemas.documents.kinds import KINDS
from esb_schemas.engines.engine import Engine
from esb_schemas.engines.table import DEFAULT_ENGINES
from esb_schemas.json_schema.catalogue import shared_schema

# Read by editors: github.com/redhat-developer/yaml-language-server. The path is relative to the file with this line.
SCHEMA_OF = "# yaml-language-server: $schema=../schemas/{kind}.schema.json\n"

# Even if the folder is committed, its credentials are not.
GITIGNORE = ".gitignore"
_IGNORED = f"/{ENVIRONMENT}\n/{SECRETS}\n"


class Artifact(NamedTuple):
    """A file of the output. `path` is relative to it, with forward slashes; `content` its bytes or a file with them."""

    path: str
    content: bytes | Path
    digest: str
    executable: bool = False


def plan(
    application: Application,
    contract: Documents,
    sources: Sources,
    engines: Sequence[Engine] = DEFAULT_ENGINES,
) -> tuple[Artifact, ...]:
    """Every artifact, sorted by path; last the Compose files, which refer to all the others."""
    contexts = [*_function_contexts(application, sources), *_service_contexts(sources)]
    shared = [
        *_copies("runtime", (*sources.supervisor, *sources.build)),
        *_copies("runtime/python", sources.runtime),
        *_copies("runtime/node", sources.node),
    ]
    configuration = [
        _text(f"config/{kind}.yml", GENERATED + SCHEMA_OF.format(kind=kind) + to_yaml(document))
        for kind, document in contract.by_kind()
    ]
    seeds = [artifact for seed in sources.seeds.values() for artifact in _copies("config", seed.files)]
    schemas = [_text(f"schemas/{kind}.schema.json", json.dumps(shared_schema(kind)) + "\n") for kind in KINDS]
    ignored = _text(GITIGNORE, _IGNORED)
    of_context = _contexts(contexts)
    hashes = compose_files.Hashes(
        functions={
            each.name: _tag([*of_context.get(f"functions/{each.name}", ()), *_shared_by(each, shared, sources)])
            for each in application.functions
        },
        services={name: _tag(of_context[f"services/{name}"]) for name in sources.services},
        documents={Path(file.path).stem: _tag([file]) for file in configuration},
        mounted=_tag([*_copies("runtime", sources.supervisor), *_copies("runtime/node", sources.node)]),
    )
    return (
        *sorted([*contexts, *shared, *configuration, *seeds, *schemas, ignored], key=lambda artifact: artifact.path),
        *_compose_files(application, sources, hashes, engines),
    )


def _compose_files(
    application: Application, sources: Sources, hashes: compose_files.Hashes, engines: Sequence[Engine]
) -> Iterator[Artifact]:
    if watched := dict(_watched(application, sources)):
        text = compose_files.watch(watched, list(_unwatched(application, sources)))
        yield _text("docker-compose.watch.yml", GENERATED + text)
    images = dict(_image_facts(application, sources))
    stack = (application, hashes, compose_files.containers(application, hashes, images), engines)
    yield _text("docker-stack.yml", GENERATED + compose_files.stack(*stack, swarm=True))
    yield _text(SERVICES_FILE, GENERATED + compose_files.stack(*stack))
    yield _text(STACK_FILE, GENERATED + compose_files.stack_include(application.stack_name))


def _image_facts(application: Application, sources: Sources) -> Iterator[tuple[str, ImageFacts]]:
    for each in application.functions:
        inputs = build_inputs(sources.builds.get(each.logical_id, NO_BUILDS))
        yield each.logical_id, ImageFacts(sources.entrypoints.get(each.logical_id), inputs)


def _shared_by(function: Function, shared: Iterable[Artifact], sources: Sources) -> Iterator[Artifact]:
    """The files for all functions that this function's image needs."""
    if isinstance(function.code, ImageCode):
        return
    is_built = build_inputs(sources.builds.get(function.logical_id, NO_BUILDS)) != NO_INPUTS
    for artifact in shared:
        if artifact.path.startswith("runtime/python/"):
            if is_python(function):
                yield artifact
        elif artifact.path.startswith("runtime/node/"):
            if is_node(function):
                yield artifact
        elif is_built or not artifact.path.endswith(("runtime/build", "runtime/no-build-secrets")):
            yield artifact


def _watched(application: Application, sources: Sources) -> Iterator[tuple[str, list[WatchedFolder]]]:
    """The folders of functions that can be synced, by service; an archive or an image must be built."""
    layers = {layer.logical_id: layer for layer in application.layers}
    for function in application.functions:
        origin = sources.origins.get(function.logical_id)
        if origin is None:
            continue
        name = posixpath.basename(origin.path) if origin.is_file else ""
        code = WatchedFolder(origin.path, posixpath.join("/var/task", *parent_packages(function), name).rstrip("/"))
        of_layers = [
            WatchedFolder(sources.origins[each].path, posixpath.join("/opt", layer_folder(layers[each].build.method)))
            for each in function.layers
            if each in sources.origins
        ]
        yield service_name(function), [code, *of_layers]


def _unwatched(application: Application, sources: Sources) -> Iterator[str]:
    """The functions and layers that must be built."""
    for function in application.functions:
        if function.logical_id not in sources.origins and not _is_finished(function):
            yield function.logical_id
    used = {layer for function in application.functions for layer in function.layers}
    yield from (
        each.logical_id
        for each in application.layers
        if each.logical_id in used - sources.origins.keys() and not isinstance(each.content, WebAdapter)
    )


def _is_finished(function: Function) -> bool:
    return isinstance(function.code, ImageCode) and function.code.context is None


def _function_contexts(application: Application, sources: Sources) -> Iterator[Artifact]:
    for function in application.functions:
        home = f"functions/{function.name}"
        files = sources.functions[function.logical_id]
        if isinstance(function.code, ImageCode):
            yield from _copies(f"{home}/context", files)
            continue
        yield from _copies(f"{home}/code", files)
        folders = layer_folders(application, function)
        for logical_id, folder in zip(function.layers, folders, strict=True):
            yield from _copies(folder, sources.layers[logical_id])
        builds = sources.builds.get(function.logical_id, NO_BUILDS)
        layers = _layer_parts([folder.removeprefix(f"{home}/") for folder in folders], builds)
        bootstrap = sources.bootstraps.get(function.logical_id)
        text = function_dockerfile(
            function, Part("code", builds.code), layers, bootstrap, _web_adapter_image(application, function)
        )
        yield _text(f"{home}/Dockerfile", text)


def _web_adapter_image(application: Application, function: Function) -> str | None:
    contents = (each.content for each in application.layers if each.logical_id in function.layers)
    return next((each.image for each in contents if isinstance(each, WebAdapter)), None)


def _layer_parts(folders: Sequence[str], builds: FunctionBuilds) -> list[Part]:
    found = builds.layers or (LayerBuild(),) * len(folders)
    return [Part(folder, each.build, each.home) for folder, each in zip(folders, found, strict=True)]


def _service_contexts(sources: Sources) -> Iterator[Artifact]:
    for name, files in sources.services.items():
        yield from _copies(f"services/{name}", files)


def _copies(folder: str, files: Iterable[SourceFile]) -> Iterator[Artifact]:
    for file in files:
        yield Artifact(f"{folder}/{file.path}", file.content, file.digest, file.executable)


def _text(path: str, text: str) -> Artifact:
    content = text.encode()
    return Artifact(path, content, hashlib.sha256(content).hexdigest())


def _contexts(artifacts: Iterable[Artifact]) -> dict[str, list[Artifact]]:
    """The files of each build context, by its folder: services/<name> or functions/<name>."""
    contexts: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        contexts.setdefault("/".join(artifact.path.split("/", 2)[:2]), []).append(artifact)
    return contexts


def _tag(artifacts: Iterable[Artifact]) -> str:
    """The hash of a build context: an image is rebuilt if and only if it changes."""
    lines = sorted(f"{a.path}\0{a.digest}\0{a.executable}\n" for a in artifacts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
