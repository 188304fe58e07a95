"""The files that the model points at, and warnings about code that cannot run."""
