"""Routes of HTTP APIs that call a service without a function: which operations, and how requests become parameters."""
