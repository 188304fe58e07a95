"""The parts that only templates of `cdk synth` have: assets, the check of the bootstrap stack, custom resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from esb_generator.cdk.assets import IMAGE, Asset, Manifest, asset_of, read_manifests
from esb_generator.cdk.custom_resources import with_value, without_providers
from esb_generator.cloudformation.reading.template import OnRead
from esb_generator.values import Map, Value

Prepare: TypeAlias = Callable[[Map, str], Map]

_BOOTSTRAP = "/cdk-bootstrap/"
_ASSET_PARAMETER = "AssetParameters"  # version 1 of the CDK passes the places of assets by parameters


def cdk_reader(base: Path, on_read: OnRead) -> Prepare:
    """A function that prepares templates, given with their folders relative to `base`; manifests are read once."""
    known: dict[str, Manifest] = {}

    def manifest(folder: str) -> Manifest:
        if folder not in known:
            known[folder] = read_manifests(base / folder, on_read)
        return known[folder]

    return lambda template, folder: prepare(template, lambda: manifest(folder))


def prepare(template: Map, read_manifest: Callable[[], Manifest]) -> Map:
    """The template with its assets as local paths; one that CDK did not write is returned unchanged.

    `read_manifest` is called for a template of CDK, and gives the assets of the template's folder.
    """
    resources = template.get("Resources")
    if not isinstance(resources, Map) or not _is_of_cdk(template, resources):
        return template
    result = template.copied()
    for section, key in _bootstrap(template):
        result[section] = _without(result[section], key)
    if isinstance(parameters := result.get("Parameters"), Map):
        result["Parameters"] = _with_asset_parameters(parameters)
    kept = without_providers(resources)
    manifest = read_manifest()
    result["Resources"] = _with_assets(kept, manifest)
    return result


def _is_of_cdk(template: Map, resources: Map) -> bool:
    return any(_bootstrap(template)) or any(
        key.startswith(("aws:cdk:", "aws:asset:")) for body in resources.values() for key in _metadata(body)
    )


def _metadata(body: Value) -> Map | tuple[()]:
    metadata = body.get("Metadata") if isinstance(body, Map) else None
    return metadata if isinstance(metadata, Map) else ()


def _bootstrap(template: Map) -> Iterator[tuple[str, str]]:
    """The parameter with the version of the bootstrap stack, and the rule about it: section and key."""
    parameters, rules = template.get("Parameters"), template.get("Rules")
    for name, body in parameters.items() if isinstance(parameters, Map) else ():
        default = body.get("Default") if isinstance(body, Map) else None
        if name == "BootstrapVersion" and isinstance(default, str) and default.startswith(_BOOTSTRAP):
            yield "Parameters", name
            if isinstance(rules, Map) and "CheckBootstrapVersion" in rules:
                yield "Rules", "CheckBootstrapVersion"


def _without(section: Value, key: str) -> Value:
    if not isinstance(section, Map):
        return section
    result = section.copied()
    del result[key]
    return result


def _with_asset_parameters(parameters: Map) -> Map:
    """The parameters of assets get a value, which nothing uses."""
    result = parameters.copied()
    for name, body in parameters.items():
        if _ASSET_PARAMETER in name and isinstance(body, Map) and "Default" not in body:
            result[name] = with_value(body, "Default", name)
    return result


def _with_assets(resources: Map, manifest: Manifest) -> Map:
    result = resources.copied()
    for name, body in resources.items():
        asset = asset_of(body, manifest) if isinstance(body, Map) else None
        if isinstance(body, Map) and asset is not None:
            result[name] = _image(body, asset) if asset.property == IMAGE else _file(body, asset)
    return result


def _file(body: Map, asset: Asset) -> Map:
    """The resource with the path of its asset; one that has a path already was built by `sam build`."""
    properties = body.get("Properties")
    if not isinstance(properties, Map) or not isinstance(properties.get(asset.property), Map):
        return body
    if asset.property != "BodyS3Location":
        return with_value(body, "Properties", with_value(properties, asset.property, asset.path))
    location = Map(body.mark, [("Location", asset.path)])
    include = Map(body.mark, [("Name", "AWS::Include"), ("Parameters", location)])
    changed = with_value(properties, "Body", Map(body.mark, [("Fn::Transform", include)]))
    del changed["BodyS3Location"]
    return with_value(body, "Properties", changed)


def _image(body: Map, asset: Asset) -> Map:
    """The resource with the folder of its image in Metadata, as SAM has it."""
    metadata = body.get("Metadata")
    before = metadata if isinstance(metadata, Map) else Map(body.mark)
    if "DockerContext" in before:
        return body
    changed = before.copied()
    changed["DockerContext"], changed["Dockerfile"] = asset.path, asset.dockerfile
    for key, value in (("DockerBuildArgs", asset.build_args), ("DockerBuildTarget", asset.target)):
        if value is not None:
            changed[key] = value
    return with_value(body, "Metadata", changed)
