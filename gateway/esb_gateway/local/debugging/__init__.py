"""What `--debug` names, and how an editor attaches to it."""
