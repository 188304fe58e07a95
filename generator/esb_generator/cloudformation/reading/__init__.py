"""Text as a template: YAML and JSON whose values keep their positions."""
