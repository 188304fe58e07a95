"""An assembly of several stacks as one template that nests them, each under the letters and digits of its name.

So logical ids and names of two stacks do not clash, as on AWS. Parameters without a Default, or with a given value,
become parameters of the outer template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from esb_generator.cdk.assembly import CdkStack
from esb_generator.cloudformation.reading.template import section_of
from esb_generator.values import Map, Mark

MAX_ID = 255


def application_template(
    stacks: Sequence[CdkStack], load: Callable[[str], Map], given: Collection[str], at: Mark
) -> Map:
    """The template; `load` reads a stack's template, and `at` is the place of what is generated."""
    parameters, resources = Map(at), Map(at)
    for stack in stacks:
        declared = section_of(load(stack.file), "Parameters")
        passed = Map(at)
        for name, body in declared.items():
            if isinstance(body, Map) and ("Default" not in body or name in given):
                if name not in parameters:
                    parameters.put(name, body, declared.key_mark(name), declared.value_mark(name))
                passed[name] = Map(at, [("Ref", name)])
        properties = Map(at, [("TemplateURL", stack.file), ("Parameters", passed)])
        body = Map(at, [("Type", "AWS::CloudFormation::Stack"), ("Properties", properties)])
        resources[_logical_id(stack.name, resources)] = body
    return Map(at, [("Parameters", parameters), ("Resources", resources)])


def _logical_id(name: str, taken: Collection[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9]", "", name)[: MAX_ID - 4] or "Stack"
    candidates = (plain, *(f"{plain}{number}" for number in range(2, 1000)))
    return next(candidate for candidate in candidates if candidate not in taken)
