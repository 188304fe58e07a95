"""Templates as text become an expansion, by way of the real reader and resolver."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

import pytest

from esb_generator.cloudformation import intrinsics
from esb_generator.cloudformation.yaml_reader import read_text
from esb_generator.errors import TemplateError
from esb_generator.expand import Expansion, expand
from esb_generator.values import Map, Value

Read = Callable[..., Expansion]


@pytest.fixture
def read() -> Read:
    """`read(template, files={...})`; a template that begins with a logical id is the content of Resources."""

    def expansion(text: str, files: Mapping[str, str] | None = None) -> Expansion:
        def read_file(location: str) -> Value:
            return read_text((files or {})[location].encode(), location)

        template = read_text(_whole(text).encode(), "template.yaml")
        assert isinstance(template, Map)
        resolved = intrinsics.resolve(template, parameters={}, stack_name="shop", read=read_file)
        return expand(resolved, read_file=read_file)

    return expansion


@pytest.fixture
def problems(read: Read) -> Callable[..., list[str]]:
    """As `read`, for a template that is wrong: its sentences, without the positions' file."""

    def sentences(text: str, files: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(TemplateError) as failure:
            read(text, files)
        return [str(problem).removeprefix("template.yaml:") for problem in failure.value.problems]

    return sentences


def _whole(text: str) -> str:
    text = textwrap.dedent(text).strip("\n")
    return text if "\nResources:" in f"\n{text}" else "Resources:\n" + textwrap.indent(text, "  ")
