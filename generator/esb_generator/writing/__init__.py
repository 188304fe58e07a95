"""The application becomes artifacts, and artifacts become files."""
