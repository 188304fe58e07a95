"""The basis of all that reads, writes or checks the three files.

A document is the plain data of a file: mappings, lists, scalars. `reading` reads it from YAML, `records` makes named
tuples of it, `checks` has the type of its rules.
"""
