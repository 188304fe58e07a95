"""The stages of a build that follow the checks; `esb validate` does without them.

plan       model, source files      -> artifacts
compare    artifacts, the output    -> changes
check      documents                -> nothing, or the errors of their schemas; before anything is written
write      changes                  -> files of the output, with secrets.env and .env
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from esb_generator.errors import TemplateError
from esb_generator.model import Application
from esb_generator.output import artifacts
from esb_generator.output.changes import Changes
from esb_generator.output.compose import compose_files, env_files
from esb_generator.output.compose.file_names import PROJECT_FILE, PROJECT_FILES
from esb_generator.output.documents.check import check
from esb_generator.output.documents.documents import Documents, documents
from esb_generator.output.exposed_secrets import exposed_secrets
from esb_generator.output.files.rooted_files import Root
from esb_generator.output.plan import Artifact, plan
from esb_generator.output.sources.gathering import Sources
from esb_generator.reporting.report import Report
from esb_generator.settings.request import Request
from esb_schemas.engines.engine import Engine
from esb_schemas.settings_files.site_settings import SITE_FILE


def write(  # noqa: PLR0913 - what the stages before have found
    report: Report,
    request: Request,
    code: Sources,
    *,
    engines: Sequence[Engine],
    secrets: Iterable[str],
    template: str,
    on_step: Callable[[str], object],
) -> Report:
    """Write the output, or only compare it, as the request says; the report with what changed.

    `secrets` are texts that others should not be able to read, `template` is the file that a warning about one names.
    Raises BuildError, and then nothing was written.
    """
    application = report.application
    contract = documents(application, code.builds, code.seeds)
    files = plan(application, contract, code, engines)
    report = report._replace(exposed=tuple(exposed_secrets(files, secrets, template)))
    if request.strict and report.exposed:
        raise TemplateError(report.exposed)
    return report._replace(changes=_write(request, application, contract, files, on_step))


def _write(
    request: Request,
    application: Application,
    contract: Documents,
    files: tuple[Artifact, ...],
    on_step: Callable[[str], object],
) -> Changes:
    """Compare the artifacts with the output folder, check the documents, and write, if the request is to."""
    output = request.here / request.output
    with Root(output, follow=request.output_may_be_link) as root:
        if request.write == "all":
            root.lock()
        on_step(f"comparing {len(files)} files with those of the last build")
        files = artifacts.without_foreign(files, root)
        changes = artifacts.compare(files, root)
        env_files.check_private(root)
        if changes:  # else the documents, and the schemas among the files, are those of an earlier build, which checked
            check(contract, application)
        if request.write == "all":
            on_step(f"writing {len(changes.created) + len(changes.updated)} files")
            artifacts.write(files, changes, root)
            env_files.ensure_secrets(root)
            env_files.write_environment(root, application)
            _site_settings(output)
            _include(request, application)
    return changes


def _site_settings(output: Path) -> None:
    """Make an empty file for the site's settings if there is none."""
    with Root(Path(os.path.abspath(output)).parent) as folder:  # noqa: PTH100 - a link is not followed
        if not os.path.lexists(folder.path / SITE_FILE):
            folder.create(SITE_FILE, b"")


def _include(request: Request, application: Application) -> None:
    """Make `docker compose up` work in the project's folder, unless there is a Compose file."""
    if request.output.parent != Path():
        return
    with Root(request.here) as project:
        if not any(os.path.lexists(request.here / name) for name in PROJECT_FILES):
            text = compose_files.include(application.stack_name, request.output.name)
            project.create(PROJECT_FILE, text.encode())
