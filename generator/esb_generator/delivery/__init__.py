"""`esb bundle`: a built stack as one file, for a machine without a network."""
