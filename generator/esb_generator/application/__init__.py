"""The stages that change an application between template and output: each takes one and returns another."""
