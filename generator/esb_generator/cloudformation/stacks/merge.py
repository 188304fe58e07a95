"""Merges several templates into one stack; each has its own Globals and its own folder."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from esb_generator.cloudformation.reading.template import section_of
from esb_generator.errors import Problem, TemplateError
from esb_generator.values import Map, Mark, Seq

# Entries that two templates may share if they are equal.
_SHARED = ("Parameters", "Mappings", "Conditions", "Rules")
_UNIQUE = ("Resources",)


class TemplatePart(NamedTuple):
    """One of the templates; `folder` is its folder, relative to that of the first one."""

    template: Map
    folder: str = ""


def merge_templates(templates: Sequence[Map], shared_ids: Collection[str] = ()) -> Map:
    """One template with the sections of all; several of them may have the resources of `shared_ids`.

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
    if any("Outputs" in template for template in templates):
        result["Outputs"] = _outputs(templates)
    result["Transform"] = _transforms(templates)
    if problems:
        raise TemplateError(problems)
    return result


def _section(name: str, templates: Sequence[Map], shared_ids: Collection[str], problems: list[Problem]) -> Map:
    result = Map(section_of(templates[0], name).mark)
    for template in templates:
        section = section_of(template, name)
        for key, value in section.items():
            if key.startswith("Fn::"):  # expanded later, in each template
                continue
            may_be_shared = name in _SHARED or key in shared_ids
            if key not in result:
                result.put(key, value, section.key_mark(key), section.value_mark(key))
            elif not may_be_shared or result[key] != value:
                text = _clash(name, key, result.key_mark(key), generated=key in shared_ids)
                problems.append(Problem(section.key_mark(key), text))
    return result


def _clash(section: str, key: str, first: Mark, *, generated: bool) -> str:
    if generated:
        return (
            f"the settings of the implicit API {key} differ from those at {first}; "
            "make the Globals of both templates equal, or give one of them an API of its own that its events name"
        )
    differs = ", and says something else there" if section in _SHARED else ""
    return f"{key} is already in {section} at {first}{differs}; give one of them another name"


def _outputs(templates: Sequence[Map]) -> Map:
    """The outputs of all templates. A duplicate name is changed, because nothing refers to an output by its name."""
    result = Map(section_of(templates[0], "Outputs").mark)
    for template in templates:
        section = section_of(template, "Outputs")
        for key, value in section.items():
            if not key.startswith("Fn::"):
                names = (key, *(f"{key}.{number}" for number in range(2, len(templates) + 1)))
                name = next(name for name in names if name not in result)
                result.put(name, value, section.key_mark(key), section.value_mark(key))
    return result


def _transforms(templates: Sequence[Map]) -> Seq:
    result = Seq(templates[0].value_mark("Transform"))
    for template in templates:
        given = template.get("Transform")
        for item in given if isinstance(given, Seq) else [given]:
            if item is not None and item not in result:
                result.add(item, template.value_mark("Transform"))
    return result
