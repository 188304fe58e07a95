"""The Compose files of the stack, the env files that Compose reads, and the choice of engines."""
