"""Where a function's or a layer's code is: CodeUri, InlineCode, images, and CloudFormation's Code."""

from __future__ import annotations

import posixpath
from typing import Literal

from esb_generator.model import ArchiveCode, Code, FolderCode, ImageCode, ImageConfig, InlineCode
from esb_generator.resources.nodes import Field, Node, check_keys, names, read_shape, text, text_map, texts
from esb_generator.resources.stack import Resource
from esb_generator.values import Map

_NO_CODE = FolderCode(".")
_ARCHIVES = (".zip", ".jar")
_BUCKET_KEYS = ("Bucket", "S3Bucket")
_CODE = names("ImageUri S3Bucket S3Key S3ObjectStorageMode S3ObjectVersion SourceKMSKeyArn ZipFile")
_IMAGE_CONFIG = {"Command": Field(texts), "EntryPoint": Field(texts), "WorkingDirectory": Field(text)}


def package_type(resource: Resource) -> Literal["Zip", "Image"]:
    """Zip or Image, as the template says or as its code shows."""
    properties = resource.properties
    said = properties.read("PackageType", text)
    if said is not None:
        return "Image" if said == "Image" else "Zip"
    code = properties.get("Code") if resource.type == "AWS::Lambda::Function" else None
    image = properties.has("ImageUri") or (code is not None and isinstance(code.value, Map) and code.has("ImageUri"))
    return "Image" if image else "Zip"


def build_method(resource: Resource) -> str | None:
    """How Metadata wants the code to be built; None when it is not said, or when `sam build` has done it already."""
    metadata = resource.metadata
    return None if metadata.has("SamResourceId") else metadata.read("BuildMethod", text)


def function_code(resource: Resource) -> Code:
    """The code of a function of either type."""
    if package_type(resource) == "Image":
        return _image(resource)
    return _lambda_code(resource) if resource.type == "AWS::Lambda::Function" else _serverless_code(resource)


def local_content(node: Node) -> FolderCode | ArchiveCode:
    """A local folder or archive, with forward slashes."""
    path = text(node)
    local = posixpath.normpath(path) if path else "."
    return ArchiveCode(local) if local.lower().endswith(_ARCHIVES) else FolderCode(local)


def object_in_s3(node: Node) -> str | None:
    """How the object is called that holds the code; None when the code is not in S3."""
    if isinstance(node.value, Map):
        return "an object in S3" if any(node.has(key) for key in _BUCKET_KEYS) else None
    said = node.value
    return said if isinstance(said, str) and said.startswith(("s3://", "https://", "http://")) else None


def image_config(resource: Resource) -> ImageConfig | None:
    """ImageConfig of an image function."""
    node = resource.properties.get("ImageConfig")
    if node is None:
        return None
    said = read_shape(node, _IMAGE_CONFIG)
    return ImageConfig(said.get("Command", ()), said.get("EntryPoint", ()), said.get("WorkingDirectory"))


def _serverless_code(resource: Resource) -> Code:
    properties = resource.properties
    inline = properties.read("InlineCode", text)
    if inline is not None:
        return InlineCode(inline)
    return properties.read("CodeUri", local_content) or _NO_CODE


def _lambda_code(resource: Resource) -> Code:
    node = resource.properties.get("Code")
    if node is None:
        resource.problem("AWS::Lambda::Function needs Code; give it a local folder")
        return _NO_CODE
    if not isinstance(node.value, Map):
        return local_content(node)
    check_keys(node, _CODE)
    inline = node.read("ZipFile", text)
    return InlineCode(inline) if inline is not None else local_content(node)


def _image(resource: Resource) -> ImageCode:
    """A Dockerfile named by Metadata wins over ImageUri, as `sam build` has it."""
    metadata = resource.metadata
    if metadata.has("Dockerfile") or metadata.has("DockerContext"):
        context = metadata.need("DockerContext", text) or "."
        return ImageCode(
            context=posixpath.normpath(context),
            dockerfile=metadata.read("Dockerfile", text) or "Dockerfile",
            target=metadata.read("DockerBuildTarget", text),
            build_args=metadata.read("DockerBuildArgs", text_map) or {},
        )
    uri = _image_uri(resource)
    if uri is None:
        resource.problem("an image function needs Metadata with Dockerfile and DockerContext, or an ImageUri")
    return ImageCode(uri=uri)


def _image_uri(resource: Resource) -> str | None:
    properties = resource.properties
    if resource.type == "AWS::Lambda::Function":
        code = properties.get("Code")
        return code.read("ImageUri", text) if code is not None else None
    return properties.read("ImageUri", text)
