"""Whether a document is right, in three steps, which `loading` takes in this order; the first problem ends it.

`foreign_formats`: is it another tool's file? `esb_schemas.json_schema`: does it have the right shape? `rules`: does it
obey what JSON Schema cannot express? Each check of a rule is a function; `rules` says which entries it is about.
"""
