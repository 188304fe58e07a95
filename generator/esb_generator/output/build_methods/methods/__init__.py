"""One way to build source in a module: the commands, and what the image that runs them has."""
