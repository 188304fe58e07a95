"""The pool of a function: its queue and its slots, without I/O."""
