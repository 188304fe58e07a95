"""The result of a command, as text for people and as JSON for scripts; nothing here prints."""
