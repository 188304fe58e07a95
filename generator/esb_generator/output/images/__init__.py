"""The images of functions: their Dockerfiles, the stages that build them, and what their containers start."""
