"""The servers: addresses and credentials, clients, kinds of errors, and waiting until each answers."""
