"""Every type that SAM or a real template names has a row, and nothing outside the rows names one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from samtranslator.internal.schema_source import aws_serverless_function, aws_serverless_statemachine, schema

import esb_generator
from esb_generator.cloudformation.reading.template import load
from esb_generator.errors import TemplateError
from esb_generator.resources.registry import Registry
from esb_generator.resources.service import ResourceType, Service, ServiceModule
from esb_generator.services import REGISTRY, SERVICES
from esb_generator.values import Map
from esb_schemas.entry_points import load_object

CORPUS = Path(__file__).parents[4] / "shared/corpus"
PACKAGE = Path(esb_generator.__file__).parent
TYPE = re.compile(r"\b(?:AWS|Alexa|Custom)::\w+::\w+")
# Types of parameters, and an example in an error.
NOT_RESOURCES = {"AWS::EC2::Image", "AWS::SSM::Parameter", "AWS::Serverless::Function"}


def literals(models: ModuleType, field: str) -> Iterator[str]:
    """The values that the models of SAM's own schema allow for a field."""
    for model in vars(models).values():
        for name, described in getattr(model, "__fields__", {}).items():
            if name == field:
                yield from (value for value in get_args(described.outer_type_) if isinstance(value, str))


@pytest.mark.parametrize("models", [aws_serverless_function, aws_serverless_statemachine])
def test_every_event_type_of_sam_has_a_row(models: ModuleType) -> None:
    types = {name for name in literals(models, "Type") if "::" not in name}
    assert len(types) >= 5
    assert types - REGISTRY.events.keys() <= {"Lambda", "SQS", "SNS", "EventBridge", "S3Bucket"}  # destinations


def test_every_resource_type_of_sam_has_a_row_of_its_own() -> None:
    modules = [module for name, module in vars(schema).items() if name.startswith("aws_serverless_")]
    types = {name for module in modules for name in literals(module, "Type") if name.startswith("AWS::Serverless::")}
    assert len(types) >= 14
    assert types <= set(REGISTRY.types("AWS::Serverless::"))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real templates (../shared/corpus) is not here")
def test_every_type_of_a_real_template_has_a_row() -> None:
    found = {resource for path in sorted(CORPUS.rglob("template*.y*ml")) for resource in types_in(path)}
    assert len(found) > 150
    assert sorted(name for name in found if not REGISTRY.has(name)) == []


def types_in(path: Path) -> Iterator[str]:
    try:
        resources = load(path)["Resources"]
    except TemplateError:
        return
    for resource in resources.values() if isinstance(resources, Map) else ():
        if isinstance(resource, Map) and isinstance(resource.get("Type"), str):
            yield f"{resource['Type']}"


@pytest.mark.parametrize("row", REGISTRY.events.values(), ids=lambda row: row.type)
def test_what_sam_makes_of_an_event_is_a_type_with_a_row(row: Any) -> None:
    assert not row.generates or row.generates in REGISTRY.types("")


def test_nothing_but_the_rows_names_a_type() -> None:
    shared = [*(PACKAGE / "cloudformation").glob("*.py"), *(PACKAGE / "resources").glob("*.py")]
    for path in (*shared, PACKAGE / "expand.py", PACKAGE / "checks/unsupported.py", PACKAGE / "pipeline.py"):
        assert set(TYPE.findall(code(path))) <= NOT_RESOURCES, path


def code(path: Path) -> str:
    """A module without its docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def test_services_do_not_import_each_other() -> None:
    for path in (PACKAGE / "services").glob("*/*.py"):
        own = f"esb_generator.services.{path.parent.name}"
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            assert not name.startswith("esb_generator.services") or f"{name}.".startswith(f"{own}."), path


def test_a_type_has_one_row() -> None:
    twice = Service("twice", (ResourceType("AWS::SQS::Queue"),))
    with pytest.raises(ValueError, match="two rows describe the same type"):
        Registry((*SERVICES, twice)).type("AWS::SQS::Queue")


@pytest.mark.parametrize("module", SERVICES, ids=lambda module: module.name)
def test_the_line_of_a_service_has_its_types_and_events(module: ServiceModule) -> None:
    """Else a template with one of them would not import the service."""
    service = load_object(module.name)
    beginnings = tuple(module.types.split())
    assert [row.type for row in service.event_sources] == module.events.split()
    if beginnings:
        assert [row.type for row in service.resource_types if not row.type.startswith(beginnings)] == []


def test_a_type_has_the_same_row_whatever_was_looked_up_before() -> None:
    types = [row.type.rstrip("*") for service in REGISTRY.all_services() for row in service.resource_types]
    assert [name for name in types if Registry(SERVICES).type(name) != REGISTRY.type(name)] == []


def test_only_the_services_of_a_template_are_imported() -> None:
    registry = Registry(SERVICES)
    assert registry.services == []

    registry.type("AWS::SQS::Queue")
    registry.event("S3")
    assert [service.name for service in registry.services] == ["s3", "sqs"]

    assert registry.type("AWS::IAM::Role").kind == ""
    assert {service.name for service in registry.services} >= {"security", "networking"}


def test_the_longest_beginning_decides() -> None:
    assert REGISTRY.type("AWS::EC2::VPCGatewayAttachment").support(lambda _: None).reason == ""
    assert REGISTRY.type("AWS::EC2::Volume").support(lambda _: None).reason == "no EC2 in the stack"
    assert REGISTRY.type("AWS::Brand::New").support(lambda _: None).reason == "no Brand in the stack"
    assert not REGISTRY.has("AWS::Brand::New")
