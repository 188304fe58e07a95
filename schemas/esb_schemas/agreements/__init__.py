"""What two programs of ESB agree on beside the three files: paths, names, and a record."""
