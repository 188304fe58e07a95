"""The options of one build, as the command line gives them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from esb_generator.settings.choices import DEFAULT_OUTPUT, UNZIPPED_LIMIT, CredentialsChoice, Egress
from esb_generator.values import NOTHING


class Request(NamedTuple):
    """The options of the command line; paths are relative to the folder `here`."""

    here: Path
    templates: tuple[str, ...] = ()
    parameter_overrides: tuple[str, ...] = ()
    output: Path = Path(DEFAULT_OUTPUT)
    output_may_be_link: bool = False  # if it is named; a checkout can bring a link of the default name
    region: str | None = None
    region_of_environment: str | None = None
    function_memory: str = ""
    web_adapter: str = ""  # a file or an image
    egress: Egress | None = None
    credentials: CredentialsChoice | None = None
    stack_name: str | None = None
    config_file: str | None = None
    config_env: str = "default"
    values_file: str | None = None
    env_vars: str | None = None
    write: Literal["all", "check", "nothing"] = "all"
    strict: bool = False
    engines: Mapping[str, str] = NOTHING  # names by backing service; others are those of the stack, or defaults
    switch_engine: bool = False
    max_code_size: int = UNZIPPED_LIMIT  # bytes
