# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2025.10.14"]
# ///
"""All tasks of this repository: `python3 noxfile.py -s NAME`, or `nox -s NAME` if nox is installed.

As a script it needs only Python 3.11 and pip: it installs the pinned nox into an environment below `.nox/` and runs
itself there. Continuous integration runs the same sessions.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"


def enter_own_environment() -> None:
    """Re-execute this file under the pinned nox; return if that is where it runs.

    The environment is created without pip, which Debian packages apart from Python, and filled by the system's pip,
    which may be externally managed.
    """
    pins = REQUIREMENTS / "nox.txt"
    home = ROOT / ".nox" / f"nox-{hashlib.sha256(pins.read_bytes()).hexdigest()[:12]}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if Path(sys.prefix) == home:
        return
    done = home / "complete"
    if not done.exists():
        venv.create(home, clear=True, symlinks=os.name != "nt")
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(python),
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        if subprocess.run([*pip, "--require-hashes", "-r", str(pins)], check=False).returncode:
            sys.exit(f"noxfile.py: pip could not install {pins.relative_to(ROOT)}; see its output above.")
        done.touch()
    command = [str(python), str(Path(__file__).resolve()), *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(python, command)


if __name__ == "__main__":
    enter_own_environment()

import nox  # noqa: E402  (not importable before the line above)
import uv  # noqa: E402

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typing", "tests"]

# Behind a proxy that inspects TLS, the certificate to trust is in the system's store, not in uv's own.
os.environ.setdefault("UV_SYSTEM_CERTS", "1")

MEMBERS = {
    "schemas": "esb_schemas",
    "compose-templates": "esb_compose_templates",
    "generator": "esb_generator",
    "provisioner": "esb_provisioner",
    "wire": "esb_wire",
    "gateway": "esb_gateway",
    "cloud": "esb_cloud",
    "runtime": "lookup/esb_runtime",
}
SOURCES = [f"{member}/{package}" for member, package in MEMBERS.items()]
EXAMPLE = "examples/orders/template.yaml"
DISTRIBUTION = "edge_serverless_box-*.whl"
PEERS = (
    "bench-awscli",
    "bench-ministack",
    "bench-sam",
)  # tools that the benchmark compares with; each has its own environment


@nox.session
def build(session: nox.Session) -> None:
    """Generate .esb/ from a template: `nox -s build -- path/to/template.yaml`; by default the example."""
    install(session, "demo")
    match session.posargs:
        case [template, *options] if not template.startswith("-"):
            session.run("esb", "build", "-t", template, *options)
        case options:
            session.run("esb", "build", "-t", EXAMPLE, *options)


@nox.session
def demo(session: nox.Session) -> None:
    """Build an example and run it on the embedded default, without Docker: `nox -s demo -- fulfilment` for another."""
    install(session, "demo")
    session.run("python", "examples/demo.py", *session.posargs, interrupt_timeout=5)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff."""
    session.install("--require-hashes", "-r", "requirements/lint.txt")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types with mypy in strict mode."""
    install(session, "typing")
    runtime = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "runtime").glob("*.py"))
    scripts = ("noxfile.py", "requirements/image_digests.py", "examples/demo.py", "image/serve.py")
    session.run("mypy", *SOURCES, *runtime, *scripts, "bench", "tests")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on the built wheels: `nox -s tests -- -k name` for a part."""
    wheels = install(session, "tests")
    # Three workers for two cores: tests with servers wait, for a start, an answer or a timeout. By file, as
    # fixtures that start servers are shared there, and in the order of tests/conftest.py.
    workers = (3 * (os.cpu_count() or 1) + 1) // 2
    options = (f"--numprocesses={workers}", "--dist=loadfile", "--no-loadscope-reorder")
    session.run("pytest", *options, *session.posargs, env={"ESB_WHEELS": str(wheels)})


@nox.session
def contract(session: nox.Session) -> None:
    """Run the schema contract tests alone."""
    wheels = install(session, "tests")
    session.run("pytest", "tests/schemas", "tests/contract", *session.posargs, env={"ESB_WHEELS": str(wheels)})


@nox.session
def e2e(session: nox.Session) -> None:
    """Run the end-to-end tests on a Docker engine: `nox -s e2e -- -k recovery` for a part.

    If images cannot be pulled, ESB_E2E_OVERRIDE names a Compose file with others, and UV_IMAGE an image of uv.
    """
    wheels = install(session, "tests")
    environment = {"ESB_WHEELS": str(wheels), "ESB_SAM_PACKAGE": str(sam_package(session))}
    # Two at a time, as most of the time a test waits for containers; grouped and sorted by tests/e2e/conftest.py.
    two = ("--numprocesses=2", "--no-loadscope-reorder")
    session.run("pytest", "tests/e2e", *two, *session.posargs, env=environment)


@nox.session
def soak(session: nox.Session) -> None:
    """Run mixed load, crashes and reloads: `nox -s soak -- --minutes 10`; fails if something grows or is lost."""
    install(session, "tests")
    session.run("python", "-m", "tests.soak", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against other tools, or `-- --against REVISION`; `-- invoke --quick` for one part and less time."""
    install(session, "bench")
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def compare(session: nox.Session) -> None:
    """Ask esb-cloud, moto and MiniStack the same through boto3, and write docs/comparison.md."""
    install(session, "bench")
    session.run("python", "-m", "bench.compare", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Put edge-serverless-box and all that it requires into dist/package/, for a machine without a network."""
    folder = packaged(session)
    session.log(f"pip install --no-index --find-links {folder.relative_to(ROOT)} edge-serverless-box")


@nox.session
def image(session: nox.Session) -> None:
    """Build the image `esb-local`, the embedded mode for tests in any language: `nox -s image -- --tag NAME`."""
    command = image_command(build_wheels(session))
    session.run(*command, *(session.posargs or ["--tag", "esb-local"]), external=True)


@nox.session(name="install")
def try_install(session: nox.Session) -> None:
    """Install ESB into empty environments, each way that the documents name, and run a small application."""
    session.install("--require-hashes", "-r", "requirements/tests.txt")
    session.run("pytest", "tests/install", *session.posargs, env={"ESB_PACKAGE": str(packaged(session))})


# Of the commands of each program, in the order of docs/commands.md.
PARSERS = (
    "esb_generator.cli.parser:command_line",
    "esb_gateway.cli.parser:command_line",
    "esb_provisioner.options:parser",
    "esb_provisioner.transfer.options:parser:export",
    "esb_provisioner.transfer.options:parser:import",
    "esb_cloud.cli:parser",
)


# Of the programs, in the order of docs/exit-codes.md.
EXIT_CODES = (
    "esb_generator.cli.exit_codes:Exit",
    "esb_gateway.cli.exit_codes:Exit",
    "esb_gateway.cli.exit_codes:InvokeExit",
    "esb_gateway.cli.exit_codes:DoctorExit",
    "esb_gateway.cli.exit_codes:EventsExit",
    "esb_gateway.cli.exit_codes:QueuesExit",
    "esb_provisioner.report:Exit",
    "esb_cloud.cli:Exit",
)


# The tables of endpoints, in the order of docs/endpoints.md.
ENDPOINTS = ("esb_gateway.own_endpoints:TABLES", "esb_cloud.own_endpoints:TABLES")


@nox.session
def docs(session: nox.Session) -> None:
    """Generate the published schemas again, and the pages of docs/ that are made of tables."""
    install(session, "demo")
    session.run("python", "-m", "esb_schemas.json_schema.publish", "schemas")
    pages = {
        "contracts": ["esb_schemas.pages.contracts"],
        "engines": ["esb_schemas.pages.engines"],
        "variables": ["esb_schemas.pages.variables"],
        "cloud-operations": ["esb_cloud.pages.cloud_operations"],
        "what-runs": ["esb_generator.pages.what_runs"],
        "commands": ["esb_schemas.pages.commands", *PARSERS],
        "endpoints": ["esb_schemas.pages.endpoints", *ENDPOINTS],
        "exit-codes": ["esb_schemas.pages.exit_codes", *EXIT_CODES],
    }
    for name, (module, *arguments) in pages.items():
        with (ROOT / f"docs/{name}.md").open("w", encoding="utf-8") as page:
            session.run("python", "-m", module, *arguments, stdout=page)


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Pin dependencies with hashes, in requirements/ and for the stack's own services; then `digests`."""
    ours = [f"--no-emit-package={name}" for name in (f"esb-{m}" for m in MEMBERS)]
    compile_ = [
        uv.find_uv_bin(),
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-header",
        *session.posargs,
    ]
    version = ["--python-version", "3.11"]
    for group in ("lint", "package", "demo", "tests", "typing", "bench", *PEERS):
        project = [] if group in ("lint", "package", *PEERS) else ["pyproject.toml"]
        out = f"requirements/{group}.txt"
        session.run(*compile_, *version, *ours, *project, "--group", group, "-o", out, external=True)
    services = [f"{member}/pyproject.toml" for member in ("schemas", "wire", "gateway", "provisioner", "cloud")]
    constraints = "generator/esb_generator/output/service_images/service_constraints.txt"
    session.run(*compile_, *version, *ours, "--no-annotate", *services, "-o", constraints, external=True)
    for name, wanted in {"nox": "nox[uv]", "build": "hatchling"}.items():
        (Path(session.create_tmp()) / f"{name}.in").write_text(wanted + "\n")
        source = str(Path(session.create_tmp()) / f"{name}.in")
        session.run(*compile_, *version, "--no-annotate", source, "-o", f"requirements/{name}.txt", external=True)
    session.notify("digests", posargs=())


@nox.session
def digests(session: nox.Session) -> None:
    """Pin the engines' images with digests; `docker` asks their registries."""
    install(session, "demo")
    session.run("python", "requirements/image_digests.py")


def install(session: nox.Session, group: str) -> Path:
    """Install the pinned dependencies of a group, and edge-serverless-box as built; returns the folder of wheels."""
    wheels = build_wheels(session)
    session.env["PYTHONDONTWRITEBYTECODE"] = None  # each start of a server compiled it all again: 3 s of CPU time
    session.install("--require-hashes", "-r", f"requirements/{group}.txt")
    session.install("--no-deps", "--reinstall", "--no-index", *map(str, wheels.glob(DISTRIBUTION)), silent=True)
    return wheels


def sam_package(session: nox.Session) -> Path:
    """A folder with SAM CLI's package alone, as it is pinned for the benchmark; tests build the projects in it.

    If it cannot be had, those tests are skipped.
    """
    lines = iter((REQUIREMENTS / "bench-sam.txt").read_text().splitlines())
    pin = [next(line for line in lines if line.startswith("aws-sam-cli=="))]
    pin += itertools.takewhile(lambda line: line.startswith("    --hash="), lines)
    folder = Path(session.create_tmp()) / pin[0].split()[0]
    if not folder.exists():
        requirement = Path(f"{folder}.txt")
        requirement.write_text("\n".join(pin).rstrip("\\ ") + "\n")
        command = (uv.find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes")
        into = ("--target", str(folder), "-r", str(requirement))
        session.run(*command, *into, success_codes=range(256), external=True)
    return folder


def packaged(session: nox.Session) -> Path:
    """The folder with edge-serverless-box and all that it requires; made anew."""
    wheels = build_wheels(session)
    folder = ROOT / "dist/package"
    shutil.rmtree(folder, ignore_errors=True)
    session.install("--require-hashes", "-r", "requirements/package.txt")
    download = ["pip", "download", "--quiet", "--require-hashes", "-r", "requirements/demo.txt", "-d", str(folder)]
    session.run("python", "-m", *download)
    for wheel in wheels.glob(DISTRIBUTION):
        shutil.copy(wheel, folder)
    return folder


def image_command(wheels: Path) -> list[str]:
    """`docker build` of image/; UV_IMAGE and PYTHON_IMAGE in the environment replace its base images."""
    command = ["docker", "build", "--build-context", f"wheels={wheels}", "--build-context", "requirements=requirements"]
    bases = [f"--build-arg={name}={os.environ[name]}" for name in ("UV_IMAGE", "PYTHON_IMAGE") if name in os.environ]
    return [*command, *bases, "image"]


def build_wheels(session: nox.Session) -> Path:
    """Build sdists, and wheels from them, into dist/<hash of the sources>/; unchanged sources are built once."""
    folder = ROOT / "dist" / source_hash()
    if not (folder / "complete").exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        isolated = ["--build-constraint", "requirements/build.txt", "--require-hashes"]
        build_all = [uv.find_uv_bin(), "build", "--quiet", "--all-packages", *isolated, "-o", str(folder)]
        session.run(*build_all, external=True)
        (folder / "complete").touch()
    return folder


def source_hash() -> str:
    """A short hash of every file that enters a distribution."""
    digest = hashlib.sha256()
    for name in ("requirements/build.txt", "pyproject.toml", "hatch_build.py", "README.md"):
        digest.update((ROOT / name).read_bytes())
    for member in MEMBERS:
        for path in sorted((ROOT / member).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    nox.main()
