"""A sample application: its files, and commands to try it."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["python", "node"]

SUMMARIES: Final[Mapping[str, str]] = {  # of all samples; the help shows them without importing the samples
    "api": "an HTTP API and a table",
    "queue": "a queue and its worker, with a dead-letter queue",
    "schedule": "a job that runs every minute and writes into a bucket",
    "upload": "a function that processes what is uploaded into a bucket",
}
RUNTIMES: Final[Mapping[Language, str]] = {"python": "python3.12", "node": "nodejs22.x"}
_RUNTIME: Final = "RUNTIME"  # in the template
CONFTEST: Final = 'pytest_plugins = ["esb_gateway.testing"]\n'


class Sample(NamedTuple):
    """`template` has `RUNTIME` in the place of the runtime; `code` are the files of each language, by path.

    `tests` is a file of pytest, which uses ESB's plugin. `tries` are commands that call the running application.
    """

    name: str
    template: str
    code: Mapping[Language, Mapping[str, str]]
    tests: str
    tries: tuple[str, ...]

    def files(self, language: Language) -> dict[str, str]:
        """Texts by path."""
        return {
            "template.yaml": self.template.replace(_RUNTIME, RUNTIMES[language]),
            **self.code[language],
            "conftest.py": CONFTEST,
            "test_app.py": self.tests,
        }
