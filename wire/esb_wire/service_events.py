"""The header by which esb-cloud recognizes PutEvents calls of services: only these may use a source `aws.…`.

It is no protection, because everyone with the stack's credentials, including functions, can send it. It ensures that a
call that AWS refuses also fails here.
"""

from __future__ import annotations

from typing import Final

HEADER: Final = "X-Esb-Service-Event"
RESERVED: Final = "aws."  # prefix of sources
