"""Several templates become one stack: their sections side by side, each with its own Globals and its own folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from esb_generator.cloudformation.resolver import section_of
from esb_generator.errors import Problem, TemplateError
from esb_generator.values import Map, Seq

# What may stand in two templates as long as both say the same.
_SHARED = ("Parameters", "Mappings", "Conditions", "Rules")
_UNIQUE = ("Resources", "Outputs")


class TemplatePart(NamedTuple):
    """One of the templates; `folder` is its own, relative to that of the first one."""

    template: Map
    folder: str = ""


def merge_templates(templates: Sequence[Map], shared_ids: Collection[str] = ()) -> Map:
    """One template with the sections of all; they may all have the resources and outputs of `shared_ids`.

    Raises TemplateError for each name that two templates give to different things, with both places.
    """
    first, *others = templates
    if not others:
        return first
    problems: list[Problem] = []
    result = first.copied()
    for name in (*_SHARED, *_UNIQUE):
        if any(name in template for template in templates):
            result[name] = _section(name, templates, shared_ids, problems)
    result["Transform"] = _transforms(templates)
    if problems:
        raise TemplateError(problems)
    return result


def _section(name: str, templates: Sequence[Map], shared_ids: Collection[str], problems: list[Problem]) -> Map:
    result = Map(section_of(templates[0], name).mark)
    for template in templates:
        section = section_of(template, name)
        for key, value in section.items():
            if key.startswith("Fn::"):  # written out later, in each template on its own
                continue
            if key not in result:
                result.put(key, value, section.key_mark(key), section.value_mark(key))
            elif name in _UNIQUE and key in shared_ids and result[key] == value:
                continue
            elif name in _UNIQUE or result[key] != value:
                what = f"{key} is already in {name} at {result.key_mark(key)}"
                same = "" if name in _UNIQUE else ", and says something else there"
                problems.append(Problem(section.key_mark(key), f"{what}{same}; give one of them another name"))
    return result


def _transforms(templates: Sequence[Map]) -> Seq:
    result = Seq(templates[0].value_mark("Transform"))
    for template in templates:
        given = template.get("Transform")
        for item in given if isinstance(given, Seq) else [given]:
            if item is not None and item not in result:
                result.add(item, template.value_mark("Transform"))
    return result
