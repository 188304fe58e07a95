"""What everything that reads, writes or checks the three files has in common.

A document is the plain data of a file: mappings, lists, scalars. `reading` reads it from YAML, `records` makes named
tuples of it, `checks` has the type of a rule about it.
"""
