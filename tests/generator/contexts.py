"""What a test resolves a template with: the real rows and transform, and a stack `shop`."""

from __future__ import annotations

from typing import Any

from esb_generator.cloudformation.resolving.resolve_context import ResolveContext
from esb_generator.cloudformation.resource_values.resource_types import StackIdentity
from esb_generator.resources.registry import Registry
from esb_generator.sam.transform import sam_transform
from esb_generator.services import REGISTRY


def context(
    stack_name: str = "shop", *, region: str = "us-east-1", registry: Registry = REGISTRY, **given: Any
) -> ResolveContext:
    """`given` are further fields, such as `parameters` and `read`."""
    identity = StackIdentity(stack_name, region, "123456789012")
    return ResolveContext(identity, registry.type, sam_transform(registry.generated_type), **given)
