"""All tables, in the order of docs/variables.md."""

from __future__ import annotations

from typing import Final

from esb_schemas.environment import functions, gateway, programs, stack

TABLES: Final = (*stack.TABLES, *programs.COMMANDS, gateway.TABLE, *programs.SERVERS, *functions.TABLES)
