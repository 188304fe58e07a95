"""The images of functions: Dockerfiles, build stages, and containers with their entrypoints."""
