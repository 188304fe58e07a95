"""Functions as processes of this machine: with what, in which environment and folders, and what keeps one from it."""
