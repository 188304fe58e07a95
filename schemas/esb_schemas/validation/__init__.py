"""Validation of documents in three steps, which `loading` takes in this order; the first problem ends it.

`foreign_formats`: is it another tool's file? `esb_schemas.json_schema`: does it have the right shape? `rules`: does it
meet the rules that JSON Schema cannot express? Each rule is a function; `rules` says which entries it checks.
"""
