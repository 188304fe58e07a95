"""The tables, with every statement about them: a module for each kind of row."""
