"""AWS's event patterns: rules of EventBridge, filter policies of SNS, filters of event source mappings.

1. `reading` parses the text of a pattern
2. `compiling` makes a tree of matchers; `operators` has the tests for entries of a leaf's array
3. `matching` matches the tree against an event that `prepare` has normalized

The three services share the syntax and differ in the operators that they accept: `EVENTBRIDGE`, `SNS`,
`EVENT_SOURCE_MAPPING`. Sources: EventBridge user guide, "Comparison operators for use in event patterns" (its table has
a column for pipes, which have the same filters as event source mappings); SNS developer guide, "Filter policy
constraints"; answers that were recorded from AWS.
"""

from __future__ import annotations

from esb_wire.patterns.compiling import compile_pattern
from esb_wire.patterns.errors import InvalidPattern
from esb_wire.patterns.matching import Node as Matcher
from esb_wire.patterns.operators import EVENT_SOURCE_MAPPING, EVENTBRIDGE, SNS, Operators
from esb_wire.patterns.preparing import PreparedEvent, prepare
from esb_wire.patterns.reading import read_json

__all__ = [
    "EVENTBRIDGE",
    "EVENT_SOURCE_MAPPING",
    "SNS",
    "InvalidPattern",
    "Matcher",
    "Operators",
    "PreparedEvent",
    "compile_pattern",
    "prepare",
    "read_json",
]
