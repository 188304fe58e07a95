"""The parts that all programs' command lines share: the parser, its help, completion, and the line of progress."""
