"""The servers: addresses and credentials, clients, the meaning of errors, and waiting until each answers."""
