"""The other servers of embedded mode, each a child process: dynoxide, SeaweedFS, esb-cloud."""
