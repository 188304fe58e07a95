"""Names of the Compose files: those of the output folder, and that of the project, which includes them."""

from typing import Final

PROJECT_FILE: Final = "compose.yaml"
"""A build writes it beside the output folder, unless the project has a Compose file."""
PROJECT_FILES: Final = (PROJECT_FILE, "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""The names that `docker compose` looks for, in its order ("The Compose file" in the manual of Compose)."""
STACK_FILE: Final = "docker-compose.yml"
"""In the output folder: it includes SERVICES_FILE with the settings of the site."""
SERVICES_FILE: Final = "docker-compose.services.yml"
