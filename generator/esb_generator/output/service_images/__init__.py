"""The build contexts of ESB's own services."""
