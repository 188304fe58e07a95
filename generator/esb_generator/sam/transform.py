"""AWS::Serverless-2016-10-31, as far as references to resources depend on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from esb_generator.cloudformation.resolving.resolve_context import Transform
from esb_generator.sam.destinations import with_destinations
from esb_generator.sam.generated import generated_resources
from esb_generator.sam.globals import merge_globals
from esb_generator.sam.implicit_apis import IMPLICIT_APIS, with_implicit_apis
from esb_generator.values import Map


def sam_transform(event_type: Callable[[str], str]) -> Transform:
    """The transform; `event_type` gives the type of the resource that it makes of an event, by the type of that."""
    return Transform(
        apply=_apply,
        generated=partial(generated_resources, event_type=event_type),
        shared_ids=IMPLICIT_APIS.keys(),
    )


def _apply(template: Map) -> Map:
    return with_destinations(merge_globals(with_implicit_apis(template)))
