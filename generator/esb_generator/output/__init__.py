"""The model becomes files: documents, Compose files, Dockerfiles, build contexts."""
