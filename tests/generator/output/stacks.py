"""Stacks of small applications, as Compose reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from esb_generator.model import Application, FolderCode, Function
from esb_generator.output.compose import compose_files
from esb_generator.output.images.containers import ImageFacts
from esb_generator.values import NOTHING, Mark
from esb_schemas import contract
from esb_schemas.engines.engine import Engine
from esb_schemas.engines.table import DEFAULT_ENGINES


def hashes(application: Application) -> compose_files.Hashes:
    return compose_files.Hashes(
        functions={each.name: "00112233aabbccdd" for each in application.functions},
        services={"cloud": "7777777777777777", "gateway": "fedcba9876543210", "provisioner": "0123456789abcdef"},
        documents={"functions": "ffff", "resources": "eeee", "routing": "dddd"},
        mounted="99aa99aa99aa99aa",
    )


def stack_text(
    application: Application,
    engines: Sequence[Engine] = DEFAULT_ENGINES,
    images: Mapping[str, ImageFacts] = NOTHING,
    *,
    swarm: bool = False,
) -> str:
    found = hashes(application)
    made = compose_files.containers(application, found, images)
    return compose_files.stack(application, found, made, engines, swarm=swarm)


def stack(*functions: Function, engines: Sequence[Engine] = DEFAULT_ENGINES) -> dict[str, Any]:
    application = Application("Orders.Shop", "eu-central-1", "123456789012", functions)
    loaded: dict[str, Any] = yaml.load(stack_text(application, engines), yaml.CSafeLoader)
    return loaded


def function(runtime: str, handler: str = "app.handler") -> Function:
    return Function("f", "F", Mark("t", 1, 1), FolderCode("."), contract.Function(handler=handler, runtime=runtime))


def changed(function: Function, **entry: Any) -> Function:
    """The function with other fields of its entry."""
    return function._replace(entry=function.entry._replace(**entry))


def swarm(*functions: Function) -> dict[str, Any]:
    application = Application("shop", "eu-central-1", "123456789012", functions)
    loaded: dict[str, Any] = yaml.load(stack_text(application, swarm=True), yaml.CSafeLoader)
    return loaded


TRICKY = 'a "b" $c ${D} é\n'
HELLO = changed(function("python3.12"), memory_size=256, environment={"GREETING": TRICKY})._replace(name="say-hello")
