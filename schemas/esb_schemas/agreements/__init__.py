"""Agreements of two programs of ESB beside the three files: paths, names, and a record."""
