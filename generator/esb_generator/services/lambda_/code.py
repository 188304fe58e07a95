"""Where a function's or a layer's code is: CodeUri, InlineCode, images, and CloudFormation's Code."""

from __future__ import annotations

import posixpath
from typing import Literal

from esb_generator.model import Code, FolderCode, ImageCode, InlineCode
from esb_generator.resources.files import left_out, local_content
from esb_generator.resources.nodes import Field, check_keys, names, read_shape, text, text_map, texts
from esb_generator.resources.stack import Resource
from esb_generator.values import Map
from esb_schemas.contract import ImageConfig

_NO_CODE = FolderCode(".")
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


def code_left_out(resource: Resource) -> str:
    """Why a function is left out: its code is an object in S3."""
    properties = resource.properties
    if package_type(resource) == "Image" or properties.has("InlineCode"):
        return ""
    node = properties.get("CodeUri" if resource.type == "AWS::Serverless::Function" else "Code")
    return left_out("code", "function", node)


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
