"""What a document must mean beyond its shape: a table of checks for each kind.

A check takes a document that JSON Schema has accepted, or one entry of it, and yields the problems it finds with
paths from there; its docstring is the rule as docs/contracts.md gives it. To add a rule, write a check and add it
to its table.
"""

from esb_schemas.meaning.checks import CHECKS, first_problem

__all__ = ["CHECKS", "first_problem"]
