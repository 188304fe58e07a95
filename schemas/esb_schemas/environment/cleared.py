"""What `esb-gateway env` unsets, apart from the tables, which take long to import: each command of the gateway asks."""

from typing import Final

# Settings for another cloud in the shell: each one would override the variables of a stack, or conflict with them.
CLEARED_VARIABLES: Final = (
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
)
