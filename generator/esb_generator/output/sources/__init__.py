"""Reads the files that the model names, and warns about code that cannot run."""
