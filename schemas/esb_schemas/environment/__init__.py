"""The environment variables of ESB: a table for each reader, with names, defaults and meanings.

The programs read their settings through these tables, and `esb_schemas.pages.variables` makes docs/variables.md
of them.
"""
