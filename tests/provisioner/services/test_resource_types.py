"""The table of resource types against the contract's table of sections."""

from __future__ import annotations

from esb_provisioner.services import RESOURCE_TYPES
from esb_schemas.sections import SECTIONS


def test_each_section_of_the_contract_has_a_resource_type_of_its_service() -> None:
    ours = {(each.section, each.backend.service) for each in RESOURCE_TYPES}
    assert ours == {(section.name, section.service) for section in SECTIONS.values()}


def test_no_call_deletes_but_that_of_reset_table_and_that_of_the_self_test() -> None:
    found = [call for each in RESOURCE_TYPES for call in each.calls if "delete" in call]
    assert found == ["delete_table", "delete_object"]
