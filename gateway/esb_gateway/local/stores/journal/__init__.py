"""The journal of `--data`: its file, and which of its lines still matter."""
