"""What two of ESB's programs agree on besides the three files: paths, names, and the provisioner's record."""
