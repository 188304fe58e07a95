"""A slot as a process with a port of its own: whatever connects to the port is the slot, wherever the process runs."""
