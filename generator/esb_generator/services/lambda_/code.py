"""The code of functions and layers: CodeUri, InlineCode, images, and CloudFormation's Code."""

from __future__ import annotations

import posixpath
from typing import Any

from esb_generator.model import BuildMetadata, Code, FolderCode, ImageCode, InlineCode
from esb_generator.resources.files import left_out, local_content
from esb_generator.resources.nodes import Field, Node, check_keys, names, read_shape, text, text_map, texts
from esb_generator.resources.stack import Resource
from esb_generator.values import Map
from esb_schemas.contract import ImageConfig

_NO_CODE = FolderCode("")
_ARCHIVES = (".tar", ".tar.gz", ".tgz")
_CODE = names("ImageUri S3Bucket S3Key S3ObjectStorageMode S3ObjectVersion SourceKMSKeyArn ZipFile")
_IMAGE_CONFIG = {"Command": Field(texts), "EntryPoint": Field(texts), "WorkingDirectory": Field(text)}


def is_image(resource: Resource) -> bool:
    """Whether a function is an image, by its PackageType or else by its code."""
    package_type = resource.properties.read("PackageType", text)
    return _image_node(resource).has("ImageUri") if package_type is None else package_type == "Image"


def build_metadata(resource: Resource) -> BuildMetadata:
    """The build settings of Metadata; none if `sam build` has built the code already."""
    metadata = resource.metadata
    logical_id = resource.scope.logical_id
    if metadata.has("SamResourceId"):
        return BuildMetadata(logical_id)
    return BuildMetadata(
        logical_id,
        metadata.read("BuildMethod", text),
        metadata.read("BuildProperties", _properties) or {},
        metadata.read("WorkingDirectory", text),
    )


def _properties(node: Node) -> dict[str, Any]:
    if not isinstance(node.value, Map):
        node.problem("must be a mapping")
        return {}
    return dict(node.value)


def function_code(resource: Resource) -> Code:
    """The code of a function of either type."""
    if is_image(resource):
        return _image(resource)
    properties = resource.properties
    if resource.type == "AWS::Serverless::Function":
        return _inline(properties, "InlineCode") or properties.read("CodeUri", local_content) or _NO_CODE
    node = properties.get("Code")
    if node is None:
        resource.problem("AWS::Lambda::Function needs Code; give it a local folder")
        return _NO_CODE
    if not isinstance(node.value, Map):
        return local_content(node)
    check_keys(node, _CODE)
    return _inline(node, "ZipFile") or local_content(node)


def code_left_out(resource: Resource) -> str:
    """Why a function is left out: its code is an object in S3."""
    if is_image(resource) or resource.properties.has("InlineCode"):
        return ""
    key = "CodeUri" if resource.type == "AWS::Serverless::Function" else "Code"
    return left_out("code", "function", resource.properties.get(key))


def image_config(resource: Resource) -> ImageConfig | None:
    """ImageConfig of an image function."""
    node = resource.properties.get("ImageConfig")
    if node is None:
        return None
    values = read_shape(node, _IMAGE_CONFIG)
    return ImageConfig(values.get("Command", ()), values.get("EntryPoint", ()), values.get("WorkingDirectory"))


def _inline(node: Node, key: str) -> InlineCode | None:
    return node.read(key, lambda child: InlineCode(text(child)))


def _image(resource: Resource) -> ImageCode:
    """The image of a function. A Dockerfile in Metadata has priority over ImageUri, as in `sam build`."""
    metadata = resource.metadata
    if metadata.has("Dockerfile") or metadata.has("DockerContext"):
        context = metadata.need("DockerContext", text) or "."
        return ImageCode(
            context=posixpath.normpath(context),
            dockerfile=metadata.read("Dockerfile", text) or "Dockerfile",
            target=metadata.read("DockerBuildTarget", text),
            build_args=metadata.read("DockerBuildArgs", text_map) or {},
        )
    uri = _image_node(resource).read("ImageUri", _image_name)
    if uri is None:
        resource.problem("an image function needs Metadata with Dockerfile and DockerContext, or an ImageUri")
    return ImageCode(uri=uri)


def _image_name(node: Node) -> str:
    """The name of an image; `sam package` also takes an archive, which Compose does not."""
    name = text(node)
    if name.endswith(_ARCHIVES):
        node.problem(f"names an archive; run `docker load --input {name}`, and write the name that it prints")
    return name


def _image_node(resource: Resource) -> Node:
    """The mapping that may have an ImageUri."""
    return resource.properties.child("Code") if resource.type == "AWS::Lambda::Function" else resource.properties
