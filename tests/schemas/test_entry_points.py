"""Objects that are imported by name."""

from __future__ import annotations

import pytest

from esb_schemas.entry_points import load_object
from esb_schemas.lazy_pattern import LazyPattern


def test_an_object_has_the_name_of_its_module_and_its_own() -> None:
    assert load_object("esb_schemas.lazy_pattern:LazyPattern") is LazyPattern


@pytest.mark.parametrize("name", ["esb_schemas.lazy_pattern:Absent", "esb_schemas.absent:LazyPattern"])
def test_a_name_of_nothing_is_an_error(name: str) -> None:
    with pytest.raises((AttributeError, ImportError), match=r"(?i)absent"):
        load_object(name)
