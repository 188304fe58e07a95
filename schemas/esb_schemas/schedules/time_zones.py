"""The time zones of schedules, those of the IANA database."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from esb_schemas.near_miss import near_miss
from esb_schemas.schedules.expressions import InvalidSchedule


def timezone(name: str) -> ZoneInfo:
    """A time zone of the IANA database. Raises InvalidSchedule."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = near_miss(name, available_timezones())
        hint = f"; did you mean {near!r}?" if near else ""
        raise InvalidSchedule(f"must be a time zone like 'Europe/Berlin', not {name!r}{hint}") from None
