"""Programs beside the functions: installers, servers, a build."""
