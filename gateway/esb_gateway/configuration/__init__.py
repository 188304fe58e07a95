"""The files of `.esb/config`: compiled, and compiled again when they change."""
