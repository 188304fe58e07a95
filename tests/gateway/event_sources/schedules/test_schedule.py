"""Entries of functions.yml become schedules."""

from __future__ import annotations

from tests.gateway.event_sources.schedules.samples import schedules


def test_entries_become_schedules() -> None:
    nightly, named, shift, once = schedules()
    assert nightly.arn == "arn:aws:events:eu-central-1:123456789012:rule/shop-ReportFunctionNightly"
    assert named.arn == "arn:aws:events:eu-central-1:123456789012:rule/hourly"
    assert shift.arn == "arn:aws:scheduler:eu-central-1:123456789012:schedule/default/ReportFunctionShift"
    assert (shift.timezone.key, shift.window, shift.start, shift.end) == ("Europe/Berlin", 900, 1780272000, 1785542400)
    assert [each.enabled for each in (nightly, once)] == [True, False]
    assert nightly.key == "report/Nightly"


def test_an_entry_that_is_read_again_is_the_same_schedule() -> None:
    assert schedules() == schedules()
    assert len({*schedules(), *schedules()}) == 4
