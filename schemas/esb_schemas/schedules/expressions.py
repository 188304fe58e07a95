"""Schedule expressions as values: `rate(5 minutes)`, `cron(0 3 * * ? *)`, `at(2030-01-01T09:00:00)`.

Fields and wildcards are those of "Cron expressions reference" and "Rate expressions reference" in the Amazon
EventBridge User Guide, `at(...)` is that of "Schedule types" in the EventBridge Scheduler User Guide. If the guides
do not say, everything with a clear meaning is accepted: names in any case, ranges that wrap around (`FRI-MON`), `LW`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple, TypeAlias

from esb_schemas.lazy_pattern import LazyPattern

SECONDS: Final[Mapping[str, int]] = {"minute": 60, "hour": 3600, "day": 86400}
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

_RATE: Final = LazyPattern(r"rate\(\s*(?P<value>[1-9][0-9]{0,5})\s+(?P<unit>minute|hour|day)(?P<plural>s?)\s*\)")
_CRON: Final = LazyPattern(r"cron\((?P<fields>[^()]*)\)")
_AT: Final = LazyPattern(r"at\((?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")
_NUMBER: Final = "[0-9]{1,4}"
_WORD: Final = rf"{_NUMBER}|[A-Z]{{3}}"
_VALUES: Final = LazyPattern(rf"(?:(?P<all>\*)|(?P<low>{_WORD})(?:-(?P<high>{_WORD}))?)(?:/(?P<step>{_NUMBER}))?")
_NEAREST: Final = LazyPattern(rf"(?P<day>{_NUMBER}|L)W")
_NTH: Final = LazyPattern(rf"(?P<weekday>{_WORD})#(?P<number>[1-5])")
_LAST: Final = LazyPattern(rf"(?P<weekday>{_WORD})L")


class InvalidSchedule(ValueError):
    """AWS would refuse the expression; the text continues after the place of the expression: `must …`."""


class Rate(NamedTuple):
    """At a fixed interval, in seconds."""

    seconds: int


class At(NamedTuple):
    """Once, at a local time."""

    moment: datetime


class Month(NamedTuple):
    """A month of a year."""

    year: int
    number: int

    def length(self) -> int:
        """The number of its days."""
        following = date(self.year + self.number // 12, self.number % 12 + 1, 1)
        return (following - date(self.year, self.number, 1)).days

    def weekday(self, day: int) -> int:
        """The weekday of a day, by AWS's numbers: 1 is Sunday."""
        return (date(self.year, self.number, 1).weekday() + day) % 7 + 1


Days: TypeAlias = Callable[[Month], Iterable[int]]


class Cron(NamedTuple):
    """At each minute of local time that is in all fields; a day is in `days` if any of the functions returns it.

    The numbers are in ascending order.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[Days, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]

    def days_of(self, year: int, month: int) -> list[int]:
        """The days of a month, in ascending order."""
        of_year = Month(year, month)
        length = of_year.length()
        return sorted({day for choose in self.days for day in choose(of_year) if 1 <= day <= length})


Expression: TypeAlias = Rate | Cron | At


class Field(NamedTuple):
    """One field of a cron expression."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """The values allowed, as a message shows them."""
        return f"{self.low}-{self.high}{f' or {self.words[0]}-{self.words[-1]}' if self.words else ''}"

    def number(self, word: str) -> int | None:
        """The number that a number or name stands for; None if the field does not have it."""
        if word in self.words:
            return self.words.index(word) + self.low
        return int(word) if word.isdecimal() and self.low <= int(word) <= self.high else None


MINUTES: Final = Field("minutes", 0, 59)
HOURS: Final = Field("hours", 0, 23)
DAY_OF_MONTH: Final = Field("day-of-month", 1, 31)
MONTH: Final = Field("month", 1, 12, MONTHS)
DAY_OF_WEEK: Final = Field("day-of-week", 1, 7, WEEKDAYS)
YEAR: Final = Field("year", 1970, 2199)
FIELDS: Final = (MINUTES, HOURS, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR)


def parse(text: str, *, scheduler: bool = False) -> Expression:
    """Parse an expression of an EventBridge rule, or with `scheduler` of EventBridge Scheduler.

    Scheduler has `at(...)` besides, and accepts `rate(1 minutes)`. Raises InvalidSchedule.
    """
    if match := _RATE.fullmatch(text):
        return _rate(match, strict=not scheduler)
    if match := _CRON.fullmatch(text):
        return _cron(text, match["fields"].upper().split())
    if scheduler and (match := _AT.fullmatch(text)):
        return _at(text, match["moment"])
    if not scheduler and _AT.fullmatch(text):
        raise InvalidSchedule(f"must be rate(...) or cron(...), not {text!r}: only a ScheduleV2 event runs once")
    also = ", cron(0 3 * * ? *) or at(2030-01-01T09:00:00)" if scheduler else " or cron(0 3 * * ? *)"
    raise InvalidSchedule(f"must be like rate(5 minutes){also}, not {text!r}")


def is_valid_time(text: str) -> bool:
    """Whether a text in ISO 8601 is an existing time in the years that AWS supports."""
    try:
        return YEAR.low <= datetime.fromisoformat(text).year <= YEAR.high
    except ValueError:
        return False


def _rate(match: re.Match[str], *, strict: bool) -> Rate:
    value, unit = int(match["value"]), match["unit"]
    right = f"rate({value} {unit}{'' if value == 1 else 's'})"
    if strict and bool(match["plural"]) is (value == 1):
        raise InvalidSchedule(f"must be {right}, not {match[0]!r}")
    return Rate(value * SECONDS[unit])


def _at(text: str, moment: str) -> At:
    if not is_valid_time(moment):
        raise InvalidSchedule(f"must name a time from {YEAR.low} to {YEAR.high}, not {text!r}")
    return At(datetime.fromisoformat(moment))


def _cron(text: str, fields: list[str]) -> Cron:
    if len(fields) != len(FIELDS):
        names = " ".join(field.name for field in FIELDS)
        raise InvalidSchedule(f"must have six fields ({names}), not {len(fields)} as in {text!r}")
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") is (day_of_week == "?"):
        which = "only one" if day_of_month == "?" else "one"
        raise InvalidSchedule(f"must have ? in {which} of day-of-month and day-of-week, unlike {text!r}")
    try:
        return Cron(
            minutes=_values(MINUTES, minutes),
            hours=_values(HOURS, hours),
            days=_days_of_week(day_of_week) if day_of_month == "?" else _days_of_month(day_of_month),
            months=_values(MONTH, month),
            years=_values(YEAR, year),
        )
    except InvalidSchedule as problem:
        raise InvalidSchedule(f"{problem} in {text!r}") from None


def _values(field: Field, text: str) -> tuple[int, ...]:
    return tuple(sorted({number for part in text.split(",") for number in _range(field, part)}))


def _range(field: Field, part: str) -> Iterable[int]:
    """The numbers of `*`, `5` or `1-5`, or of these with an increment; `5/10` goes to the end of the field."""
    match = _VALUES.fullmatch(part)
    if match is None:
        raise _wrong(field, part)
    low = field.low if match["all"] else field.number(match["low"])
    high = field.high if match["all"] or (match["step"] and not match["high"]) else low
    if match["high"]:
        high = field.number(match["high"])
    size = field.high - field.low + 1
    step = int(match["step"] or 1)
    if low is None or high is None or not 1 <= step <= size or (low > high and field is YEAR):
        raise _wrong(field, part)
    end = high if low <= high else high + size
    return [(number - field.low) % size + field.low for number in range(low, end + 1, step)]


def _days_of_month(text: str) -> tuple[Days, ...]:
    return tuple(_day_of_month(part) for part in text.split(","))


def _day_of_month(part: str) -> Days:
    if part == "L":
        return lambda month: (month.length(),)
    if match := _NEAREST.fullmatch(part):
        if match["day"] == "L":
            return lambda month: (_nearest_weekday(month, month.length()),)
        day = DAY_OF_MONTH.number(match["day"])
        if day is not None:
            # A month without this day has no nearest weekday, either.
            return lambda month: (_nearest_weekday(month, day),) if day <= month.length() else ()
    days = tuple(_range(DAY_OF_MONTH, part))
    return lambda _: days


def _nearest_weekday(month: Month, day: int) -> int:
    """The nearest day from Monday to Friday in the same month."""
    match month.weekday(day):
        case 1:
            return day + 1 if day < month.length() else day - 2
        case 7:
            return day - 1 if day > 1 else day + 2
        case _:
            return day


def _days_of_week(text: str) -> tuple[Days, ...]:
    if "#" in text and "," in text:
        raise InvalidSchedule(f"must have only {text.partition(',')[0]} as day-of-week, not {text!r},")
    return tuple(_day_of_week(part) for part in text.split(","))


def _day_of_week(part: str) -> Days:
    if part == "L":
        return _weekdays({7})
    for form, choose in ((_NTH, _nth), (_LAST, _last)):
        if match := form.fullmatch(part):
            weekday = DAY_OF_WEEK.number(match["weekday"])
            if weekday is None:
                raise _wrong(DAY_OF_WEEK, part)
            return choose(match, weekday)
    return _weekdays(set(_range(DAY_OF_WEEK, part)))


def _weekdays(weekdays: set[int]) -> Days:
    return lambda month: [day for day in range(1, month.length() + 1) if month.weekday(day) in weekdays]


def _nth(match: re.Match[str], weekday: int) -> Days:
    first, number = _weekdays({weekday}), int(match["number"])
    return lambda month: list(first(month))[number - 1 : number]


def _last(_match: re.Match[str], weekday: int) -> Days:
    all_of_them = _weekdays({weekday})
    return lambda month: list(all_of_them(month))[-1:]


def _wrong(field: Field, part: str) -> InvalidSchedule:
    return InvalidSchedule(f"must have {field.form} as {field.name}, not {part!r},")
