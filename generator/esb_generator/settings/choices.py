"""Values of the options of `esb`, and their defaults. A module of their own, so that help imports nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

CredentialsChoice: TypeAlias = Literal["stack", "function"]
Egress: TypeAlias = Literal["open", "none"]

CREDENTIALS: Final[Sequence[CredentialsChoice]] = ("stack", "function")
EGRESS: Final[Sequence[Egress]] = ("open", "none")
DEFAULT_OUTPUT: Final = ".esb"
MB: Final = 1024 * 1024
# AWS's limit for a function and its layers, unzipped; it also bounds the time and the memory that a malicious checkout
# can take. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
UNZIPPED_LIMIT: Final = 250 * MB
