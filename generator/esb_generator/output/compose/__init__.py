"""The Compose files of the stack, the files that Compose fills in, and the choice of engines."""
