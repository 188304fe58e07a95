"""The preparation of functions that run as processes: programs are built from source, packages are installed."""
