"""Every real template is read and resolved, or refused with a place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.parameters.declared_parameters import values_of
from esb_generator.cloudformation.reading.template import load, relative_reader
from esb_generator.errors import TemplateError
from esb_generator.values import Map, Seq
from tests.generator.contexts import context

CORPUS = Path(__file__).parents[4] / "shared/corpus"
SUFFIXES = {".yaml", ".yml", ".json", ".template"}
EXAMPLES = {"Email": "a@example.org", "DNS": "vpce-0-1.execute-api.example.org"}


def plausible(name: str, declaration: Any) -> str:
    """A value that a person might give."""
    allowed = declaration.get("AllowedValues")
    if isinstance(allowed, Seq) and allowed:
        return str(allowed[0])
    if "Number" in str(declaration.get("Type")):
        return str(declaration.get("MinValue", 1))
    return next((example for word, example in EXAMPLES.items() if word in name), "value-0123456789")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real templates (../shared/corpus) is not here")
def test_real_templates() -> None:
    read, refused = 0, []
    for path in sorted(CORPUS.rglob("*")):
        if path.suffix not in SUFFIXES:
            continue
        try:
            template = load(path, name=path.relative_to(CORPUS).as_posix())
            declared = template.get("Parameters")
            declared = declared if isinstance(declared, Map) else Map(template.mark)
            given = {name: plausible(name, body) for name, body in declared.items() if "Default" not in str(body)}
            parameters = values_of(template, given)
            result = resolve(template, context("real", parameters=parameters.values, read=relative_reader(path)))
            assert result.resources
            read += 1
        except TemplateError as error:
            refused += list(error.problems)

    assert read >= 465
    assert all(problem.mark.line > 0 and problem.text for problem in refused)
