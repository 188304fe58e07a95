"""Expands includes and loops before anything else of a template is read, as AWS does.

`AWS::Include` stands under the template's Transform, or in an Fn::Transform anywhere below a section; Fn::ForEach is
one of `AWS::LanguageExtensions`. The SAM transform (Globals, implicit APIs, events) sees their result.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
"""

from __future__ import annotations

from collections.abc import Callable

from esb_generator.cloudformation.macros.foreach import LOOP, expand_loops
from esb_generator.cloudformation.resolving.resolver import MAX_DEPTH, Resolver
from esb_generator.errors import TemplateError, error_at
from esb_generator.values import CONTAINERS, Map, Mark, Seq, Value

TRANSFORM = "Fn::Transform"
MAX_INCLUDES = 1000
_INCLUDE = "AWS::Include"
_FIRST = ("Mappings", "Conditions", "Globals")  # which the loops of the others may refer to
_OTHERS = ("Resources", "Outputs", "Rules")


def expand_macros(template: Map, resolver_of: Callable[[Map], Resolver]) -> Map:
    """The template without includes and loops; the same mapping if it has none.

    `resolver_of` makes the resolver for the locations of includes and the collections of loops. Raises TemplateError
    with every include and loop that cannot be expanded.
    """
    for sections in (_FIRST, _OTHERS):
        expander = _MacroExpander(resolver_of(template))
        template = expander.sections(expander.top_level(template), sections)
        if expander.resolver.problems:
            raise TemplateError(expander.resolver.problems)
    return template


class _MacroExpander:
    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._within: list[str] = []
        self._count = 0
        self._depth = 0

    def top_level(self, template: Map) -> Map:
        """The template with what its Transform, or an Fn::Transform among its sections, includes."""
        given, at = template.get("Transform"), template.value_mark("Transform")
        items = given if isinstance(given, Seq) else Seq(at, [given])
        for index, item in enumerate(items):
            if isinstance(item, Map):
                template = _with(template, self._included(item, items.item_mark(index)), items.item_mark(index))
            elif isinstance(item, str) and "::" not in item:
                raise _unknown_macro(item, items.item_mark(index))
        if any(isinstance(item, Map) for item in items):
            template["Transform"] = Seq(at, [item for item in items if not isinstance(item, Map)])
        return self._with_include(template) if TRANSFORM in template else template

    def sections(self, template: Map, names: tuple[str, ...]) -> Map:
        """The template with these sections expanded."""
        result = template
        for name in names:
            if isinstance(section := template.get(name), Map) and (made := self._mapping(section)) is not section:
                result = result.copied() if result is template else result
                result[name] = made
        return result

    def _value(self, node: Value) -> Value:
        if not isinstance(node, CONTAINERS):
            return node
        if self._depth >= MAX_DEPTH:
            raise error_at(node.mark, f"nested more than {MAX_DEPTH} levels deep")
        self._depth += 1
        made = self._mapping(node) if isinstance(node, Map) else self._sequence(node)
        self._depth -= 1
        return made

    def _sequence(self, node: Seq) -> Seq:
        items = [self._value(child) for child in node]
        if all(made is child for made, child in zip(items, node, strict=True)):
            return node
        result = Seq(node.mark, items)
        result.items_at = node.items_at
        return result

    def _mapping(self, node: Map) -> Value:
        try:
            if TRANSFORM in node:
                if len(node) == 1:
                    return self._included(node[TRANSFORM], node.value_mark(TRANSFORM))
                node = self._with_include(node)
            node = self._with_loops(node)
        except TemplateError as failure:
            self.resolver.problems += failure.problems
            return Map(node.mark)
        result = node
        for key, child in node.items():
            if (made := self._value(child)) is not child:
                result = node.copied() if result is node else result
                result[key] = made
        return result

    def _with_loops(self, node: Map) -> Map:
        loop = next((key for key in node if key.startswith(LOOP)), None)
        if loop is None:
            return node
        self.resolver.require_extensions("Fn::ForEach", node.key_mark(loop))
        return expand_loops(node, lambda items, at: self.resolver.texts(items, at, "the collection of Fn::ForEach"))

    def _with_include(self, node: Map) -> Map:
        """The mapping with what its Fn::Transform includes among its other entries."""
        at = node.value_mark(TRANSFORM)
        content = self._included(node[TRANSFORM], at)
        rest = node.copied()
        del rest[TRANSFORM]
        return _with(rest, content, at)

    def _included(self, argument: Value, at: Mark) -> Value:
        location = self._location(argument, at)
        self._count += 1
        if location in self._within:
            raise error_at(at, f"circular include: {' → '.join([*self._within, location])}")
        if self._count > MAX_INCLUDES:
            raise error_at(at, f"more than {MAX_INCLUDES:,} includes")
        self._within.append(location)
        try:
            return self._value(self.resolver.context.document(location, at))
        finally:
            self._within.pop()

    def _location(self, argument: Value, at: Mark) -> str:
        """The local file that an AWS::Include names; raises TemplateError for other macros and remote files."""
        name = argument.get("Name") if isinstance(argument, Map) else None
        parameters = argument.get("Parameters") if isinstance(argument, Map) else None
        if name != _INCLUDE:
            raise _unknown_macro(name, at)
        if not isinstance(parameters, Map) or "Location" not in parameters:
            raise error_at(at, f"{_INCLUDE} takes Parameters with a Location")
        here = parameters.value_mark("Location")
        location = self.resolver.text(parameters["Location"], here, f"the Location of {_INCLUDE}")
        if "://" in location:
            raise error_at(here, f"{location} is not a local file; keep the file beside the template and name its path")
        return location


def _with(node: Map, content: Value, at: Mark) -> Map:
    if not isinstance(content, Map):
        raise error_at(at, "what is included beside other keys must be a mapping")
    result = node.copied()
    for name, value in content.items():
        result.put(name, value, content.key_mark(name), content.value_mark(name))
    return result


def _unknown_macro(name: object, at: Mark) -> TemplateError:
    return error_at(at, f"the macro {name} cannot run here; only {_INCLUDE} can, so write out what it would make")
