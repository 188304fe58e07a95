"""Values and templates as texts."""
