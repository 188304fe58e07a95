"""The environment variables of ESB: a table for each program that reads some, with names, defaults and meanings.

The programs read their settings through these tables, and docs/variables.md is made of them (`pages`).
"""
