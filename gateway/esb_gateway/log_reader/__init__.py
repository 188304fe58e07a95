"""What `esb-gateway logs` does: reads lines of the log server or of embedded mode, and orders them for a person."""
