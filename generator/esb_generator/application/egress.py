"""The egress of functions: open or none. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from esb_generator.model import Application, Function
from esb_generator.settings.choices import Egress


def with_egress(application: Application, egress: Egress) -> Application:
    """The application. With "none", no function has egress, whatever the template says."""
    if egress == "open":
        return application
    functions = (each._replace(entry=each.entry._replace(egress=False)) for each in application.functions)
    return application._replace(functions=tuple(functions))


def egress_line(functions: Sequence[Function]) -> str:
    """The last line of a build: what the functions can reach."""
    closed = [each.name for each in functions if not each.entry.egress]
    if not functions:
        return "egress: there is no function"
    if len(closed) == len(functions):
        return "egress: none; functions reach the stack's servers and nothing else"
    reach = "the internet and this machine, as on AWS; --egress none closes that"
    if not closed:
        return f"egress: open; functions reach {reach}"
    return f"egress: none for {', '.join(closed)}; other functions reach {reach}"
