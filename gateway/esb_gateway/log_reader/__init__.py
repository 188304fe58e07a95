"""The work of `esb-gateway logs`: it reads lines of the log server or of embedded mode, and orders them."""
