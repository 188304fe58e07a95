"""The signed way to the port of an engine that checks no signature: the host machine's port leads through here."""
