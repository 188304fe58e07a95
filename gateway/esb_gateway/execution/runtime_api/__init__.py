"""The Runtime API: HTTP as runtimes see it."""
