"""The header that tells esb-cloud that a service, not a user, puts an event: only its source begins with `aws.`.

It protects nothing, as whoever can sign can send it, and functions share the stack's credentials. It keeps an
application from passing here with a call that AWS refuses.
"""

from __future__ import annotations

from typing import Final

HEADER: Final = "X-Esb-Service-Event"
RESERVED: Final = "aws."  # the beginning of sources
