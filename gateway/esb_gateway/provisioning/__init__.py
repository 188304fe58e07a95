"""The gateway and the provisioner: waits for its first run, and follows the record of each."""
