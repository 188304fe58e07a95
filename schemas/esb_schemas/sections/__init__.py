"""The sections of resources.yml. To add one, write its module and add its row here."""

from __future__ import annotations

from typing import Final

from esb_schemas.sections import dynamodb, eventbridge, eventbridge_connections, s3, sns, sqs
from esb_schemas.sections.row import Section

SECTIONS: Final[dict[str, Section]] = {
    row.name: row
    for row in (
        dynamodb.SECTION,
        s3.SECTION,
        sqs.SECTION,
        sns.SECTION,
        eventbridge_connections.SECTION,
        eventbridge.SECTION,
    )
}
"""The sections by name, in the order in which the generator writes them."""

__all__ = ["SECTIONS", "Section"]
