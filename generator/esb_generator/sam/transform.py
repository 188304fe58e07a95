"""AWS::Serverless-2016-10-31, as far as references to resources depend on it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from esb_generator.cloudformation.resolve_context import Transform
from esb_generator.sam.destinations import with_destinations
from esb_generator.sam.generated import generated_resources
from esb_generator.sam.globals import merge_globals
from esb_generator.sam.implicit_apis import IMPLICIT_APIS, with_implicit_apis
from esb_generator.values import Map


def sam_transform(event_types: Mapping[str, str]) -> Transform:
    """The transform; `event_types` has the type of the resource that it makes of each type of event."""
    return Transform(
        apply=_apply,
        generated=partial(generated_resources, event_types=event_types),
        shared_ids=IMPLICIT_APIS.keys(),
    )


def _apply(template: Map) -> Map:
    return with_destinations(merge_globals(with_implicit_apis(template)))
