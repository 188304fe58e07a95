"""CORS: of an API and of a function URL."""

from typing import Final, NamedTuple

from esb_schemas.documents.records import loader


class Cors(NamedTuple):
    """The answer to preflight requests; an empty tuple gives no header. `max_age` in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None


load_cors: Final = loader(Cors)
