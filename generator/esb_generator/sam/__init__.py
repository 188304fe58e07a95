"""The SAM transform: Globals, implicit APIs, generated logical ids, destinations."""
