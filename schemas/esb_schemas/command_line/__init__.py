"""What the command lines of all programs share: the parser, its help, completion, and the line of progress."""
