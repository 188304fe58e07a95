"""The Extensions API, and the external extensions of a slot."""
