"""The structure that DESIGN promises: who may import whom, and that every wheel is whole."""

from __future__ import annotations

import ast
import functools
import graphlib
import importlib.util
import os
import re
import tomllib
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

# Each package with those of ours that it may import. Siblings meet in validated YAML, never in Python;
# the embedded gateway calls the provisioner as a program.
ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "esb_schemas": set(),
    "esb_compose_templates": set(),
    "esb_generator": {"esb_schemas", "esb_compose_templates", "esb_wire"},
    "esb_provisioner": {"esb_schemas"},
    "esb_wire": set(),
    "esb_gateway": {"esb_schemas", "esb_wire"},
    "esb_cloud": {"esb_schemas", "esb_wire"},
}
# Every module of every package, by the longest name that begins it, from the bottom up. A module imports only what
# stands on its own line or on one above; what has no line fails.
LAYERS: dict[str, list[set[str]]] = {
    "esb_cloud": [
        {"", "errors", "clocks"},
        {"sql", "sql.tables", "sql.tables.schema"},
        {"sql.computing", "sql.database", "sql.tables.queues", "sql.tables.move_tasks"},
        {
            "sql.tables.deliveries",
            "sql.tables.event_resources",
            "sql.tables.rules",
            "sql.tables.subscriptions",
            "sql.tables.topics",
        },
        {"sql.tables.messages"},
        {"sql.transaction"},
        {"sql.group_commit"},
        {"sql.store"},
        {"aws", "aws.shapes", "aws.stack", "aws.waiting"},
        {"aws.json_protocol", "aws.query_protocol"},
        {"aws.service"},
        {"aws.dispatch", "aws.page_tokens"},
        {"sqs.errors", "sqs.shapes", "sqs.wakeup"},
        {"sqs.queues.addresses", "sqs.queues.queue_attributes"},
        {"sqs.queues.tags"},
        {"sqs.queues"},
        {"sqs.messages.batches", "sqs.messages.message_attributes", "sqs.messages.receipts"},
        {"sqs.messages.sending"},
        {"sqs.in_flight", "sqs.messages"},
        {"sqs.section"},
        {"sqs"},
        {
            "deliveries",
            "deliveries.connections",
            "deliveries.http_client",
            "deliveries.pacing",
            "deliveries.queues",
            "deliveries.retries",
        },
        {"deliveries.tokens"},
        {"deliveries.sending"},
        {"deliveries.authorizing", "deliveries.dead_letters"},
        {"deliveries.worker"},
        {"sns.arns", "sns.shapes"},
        {"sns.notifications.delivery_policies", "sns.notifications.signing"},
        {"sns.notifications"},
        {"sns.subscriptions.filter_policies"},
        {"sns.subscriptions.subscription_attributes"},
        {"sns.filtering", "sns.topic_operations"},
        {"sns.publishing", "sns.subscriptions.confirmations"},
        {"sns.subscriptions"},
        {"sns.section"},
        {"sns.service"},
        {"sns"},
        {"eventbridge.errors", "eventbridge.json_paths", "eventbridge.shapes"},
        {"eventbridge.inputs", "eventbridge.resources.paging"},
        {"eventbridge.resources.buses", "eventbridge.resources.connections"},
        {"eventbridge.resources.api_destinations", "eventbridge.resources.rules"},
        {"eventbridge.resources"},
        {"eventbridge.events.evaluating"},
        {"eventbridge.events.pattern_trials", "eventbridge.events.routing"},
        {"eventbridge.events.put_events"},
        {"eventbridge.connection_section", "eventbridge.events", "eventbridge.section"},
        {"eventbridge.service"},
        {"eventbridge"},
        {"services"},
        {"admin", "pages", "resources", "sample_events", "settings", "testing"},
        {"own_endpoints", "serving"},
        {"cli"},
        {"__main__"},
    ],
    "esb_compose_templates": [{""}],
    "esb_generator": [
        {"", "errors", "near_miss", "project", "settings.choices", "toml_text", "values"},
        {"model"},
        {"cloudformation.reading", "cloudformation.resource_values"},
        {"cloudformation.parameters", "cloudformation.resolved"},
        {"cloudformation.resolving"},
        {"cloudformation.macros", "cloudformation.stacks"},
        {"cloudformation"},
        {"cdk", "sam"},
        {"application", "checks", "resources", "settings.env_vars"},
        {
            "services.apigateway",
            "services.appsync",
            "services.cloudformation",
            "services.cognito",
            "services.dynamodb",
            "services.eventbridge",
            "services.kinesis",
            "services.lambda_",
            "services.other",
            "services.s3",
            "services.scheduler",
            "services.secretsmanager",
            "services.sns",
            "services.sqs",
            "services.ssm",
            "services.stepfunctions",
        },
        {"services"},
        {"checks.local_checks", "checks.unsupported"},
        {"expand", "pages"},
        {
            "output",
            "output.build_methods.build",
            "output.build_methods.pip_requirements",
            "output.files.source_files",
            "output.rendering",
        },
        {"output.build_methods.images", "output.build_methods.manifests", "output.files"},
        {"output.seeds"},
        {"output.build_methods.methods"},
        {"output.build_methods.methods.esbuild"},
        {"output.build_methods.enclosing_projects", "output.build_methods.parent_packages"},
        {"output.build_methods.table"},
        {"output.build_methods", "output.build_methods.function_builds"},
        {"output.documents", "output.images"},
        {"output.compose", "output.service_images"},
        {"output.sources"},
        {"output.plan"},
        {"application.secret_values", "checks.missing_capabilities", "output.artifacts", "output.exposed_secrets"},
        {"settings", "settings.built_templates", "settings.found_templates", "settings.request", "starter.sample"},
        {"settings.templates"},
        {"settings.build_settings"},
        {"starter", "starter.api", "starter.files", "starter.queue", "starter.schedule", "starter.upload"},
        {"starter.table"},
        {"graph.contents"},
        {"graph.mermaid", "graph.svg"},
        {"graph"},
        {"reporting"},
        {"writing"},
        {"delivery", "pipeline", "watching"},
        {"cli.exit_codes", "cli.replaced_commands", "cli.parser"},
        {"cli.console"},
        {"cli.messages"},
        {"cli.build", "cli.bundle", "cli.graph", "cli.init"},
        {"cli"},
        {"__main__"},
    ],
    "esb_gateway": [
        {"", "clocks", "errors", "invocation", "tracing"},
        {"telemetry", "telemetry.counts", "telemetry.logs"},
        {"telemetry.telemetry"},
        {"client", "expiry.ttl_removals", "not_in_this_stack", "pending_request"},
        {"apis.api_types", "apis.media", "apis.route_auth"},
        {"apis.api"},
        {"apis.routing"},
        {"apis.cors", "apis.events", "apis.function_urls", "apis.responses"},
        {"apis.gateway_responses"},
        {"apis.api_call", "apis.url_stream"},
        {"apis.validation"},
        {"apis"},
        {"apis.auth"},
        {"forwarding", "storage_events.object_event", "storage_events.protobuf"},
        {"forwarding.http_forwarder", "forwarding.plain_forwarder"},
        {"aws_client.protocols"},
        {"aws_client", "aws_client.client"},
        {"integrations"},
        {"lambda_api"},
        {"child_processes", "execution.embedded.languages", "execution.embedded.toolchain", "execution.failures"},
        {"execution.pools"},
        {"execution.output"},
        {"execution.extensions.messages"},
        {"execution.extensions.api"},
        {"execution.runtime_api"},
        {"execution", "execution.embedded.function_folders"},
        {"execution.embedded.launch"},
        {"execution.port_runner"},
        {"execution.embedded.unsupported_runtime"},
        {"execution.containers", "execution.embedded"},
        {"storage_events", "storage_events.filer", "storage_events.grpc_stream", "storage_events.rustfs"},
        {"storage_events.feed_server", "storage_events.received_events"},
        {"storage_events.filer_feed", "storage_events.webhook"},
        {"integrations.parameter_mapping"},
        {"integrations.response_mapping", "integrations.service_requests"},
        {"integrations.service_call"},
        {"integrations.table"},
        {"targets", "targets.target"},
        {"targets.eventbridge", "targets.lambda_", "targets.sns", "targets.sqs"},
        {"targets.deliveries", "targets.table"},
        {"event_sources.invoking"},
        {"event_sources.source"},
        {"event_sources.schedules.schedule"},
        {"event_sources.schedules.occurrences"},
        {"event_sources.schedules.events"},
        {"event_sources.schedules.listing", "event_sources.schedules.scheduler"},
        {"event_sources.dynamodb.mapping", "event_sources.dynamodb.records", "event_sources.dynamodb.stream"},
        {"event_sources.dynamodb.batches", "event_sources.dynamodb.listing"},
        {"event_sources.dynamodb.processing"},
        {"event_sources.dynamodb.shards"},
        {"event_sources.dynamodb.poller"},
        {"event_sources.s3.events", "event_sources.s3.notifications"},
        {"event_sources.s3.watcher"},
        {"event_sources.sqs.mapping", "event_sources.sqs.queue"},
        {"event_sources.switches"},
        {"event_sources.sqs.batches"},
        {"event_sources.sqs.poller"},
        {"event_sources"},
        {"async_invoke"},
        {"admin"},
        {"configuration", "configuration.configuration", "configuration.file_stamps"},
        {"configuration.compiling", "configuration.debugging"},
        {"configuration.reloading"},
        {"settings"},
        {"sample_events.sample"},
        {"sample_events"},
        {"sample_events.apigateway", "sample_events.cloud", "sample_events.dynamodb", "sample_events.lambda_"},
        {"sample_events.s3", "sample_events.schedules", "sample_events.sqs", "sample_events.table"},
        {"engine_proxy", "expiry", "provisioning"},
        {"inspection"},
        {"serving", "serving.static_files"},
        {"serving.dependencies"},
        {"serving.gateway"},
        {"serving.running_gateway"},
        {"serving.composition"},
        {"own_endpoints", "serving.lifespan"},
        {"doctor.checks"},
        {"doctor"},
        {"log_reader.terminal_text"},
        {"log_reader.entry"},
        {"log_reader.selection"},
        {"log_reader"},
        {"local", "local.folder.credentials"},
        {"local.debugging.debug_target", "local.programs"},
        {"local.builds", "local.stores"},
        {"local.engine_choice", "local.engines"},
        {"local.folder.secret_values", "local.override_options"},
        {"local.folder"},
        {"local.debugging", "local.folder.overrides"},
        {"local.options"},
        {"local.engines.running", "local.folder_source"},
        {"local.gateway"},
        {"local.run"},
        {"testing.starting"},
        {"testing.stack"},
        {"testing.plugin"},
        {"testing"},
        {"cli"},
        {"__main__"},
    ],
    "esb_provisioner": [
        {"amount", "resources", "servers", "servers.errors", "servers.settings"},
        {"servers.waiting", "steps"},
        {
            "resources.attributes",
            "resources.bodies",
            "resources.policy_text",
            "resources.reading",
            "resources.seed",
            "resources.self_test",
        },
        {"resources.aspect", "resources.contents"},
        {"resources.tag_aspect"},
        {"resources.resource_type"},
        {
            "services.dynamodb.definition",
            "services.dynamodb.items",
            "services.dynamodb.description",
            "services.s3.bucket_settings",
            "services.s3.definition",
            "services.eventbridge.definition",
            "services.eventbridge_connections.definition",
            "services.sns.definition",
            "services.sqs.definition",
        },
        {
            "services.dynamodb.calls",
            "services.eventbridge.calls",
            "services.eventbridge_connections.calls",
            "services.s3.calls",
            "services.sns.calls",
            "services.sqs.calls",
        },
        {"services.s3.listing"},
        {"services.dynamodb.contents", "services.s3.contents", "services.s3.webhook"},
        {"services.dynamodb.seeding", "services.s3.seeding"},
        {
            "services.dynamodb.read",
            "services.eventbridge.read",
            "services.eventbridge_connections.read",
            "services.s3.read",
            "services.sns.read",
            "services.sqs.read",
        },
        {"services.dynamodb.delete", "services.dynamodb.update"},
        {"services.dynamodb.indexes"},
        {
            "services.dynamodb.aspects",
            "services.eventbridge.aspects",
            "services.eventbridge_connections.aspects",
            "services.s3.aspects",
            "services.sns.aspects",
            "services.sqs.aspects",
        },
        {"services.dynamodb.create"},
        {
            "services.dynamodb",
            "services.eventbridge",
            "services.eventbridge_connections",
            "services.s3",
            "services.sns",
            "services.sqs",
        },
        {"services"},
        {"desired"},
        {"apply", "observed", "servers.clients"},
        {"explain", "plan", "report", "servers.data_clients", "unmanaged"},
        {"gateway_wait", "run_record"},
        {"provisioning"},
        {""},
        {"documents", "options", "output"},
        {"printer"},
        {"transfer", "transfer.errors"},
        {"transfer.folder", "transfer.options"},
        {"transfer.results"},
        {"transfer.exporting", "transfer.importing"},
        {"transfer.running"},
        {"transfer.command"},
        {"cli"},
        {"__main__"},
    ],
    "esb_schemas": [
        {"", "entry_points", "errors", "lazy_pattern", "near_miss", "partitions", "programs", "release", "starting"},
        {"agreements", "backends", "bounded_pattern", "command_line", "endpoints", "policy_conditions"},
        {"engines", "engines.engine", "settings_files"},
        {"engines.capabilities", "engines.databases", "engines.log_servers", "engines.storages"},
        {"engines.table"},
        {"schedules"},
        {"documents", "documents.checks", "documents.kinds", "documents.records", "documents.variables"},
        {"documents.contract_version", "documents.reading"},
        {"event_sources.row", "sections.row"},
        {"event_sources", "sections"},
        {"contract", "json_schema", "json_schema.catalogue", "json_schema.cloudformation_names"},
        {"service_integrations.expressions", "service_integrations.subtypes"},
        {"service_integrations", "service_integrations.response_parameters"},
        {"environment", "json_schema.compiled_validator", "json_schema.messages", "json_schema.publish"},
        {"json_schema.schema_errors", "request_bodies"},
        {"validation", "validation.foreign_formats"},
        {"validation.loading"},
        {"pages.markdown"},
        {"pages"},
    ],
    "esb_wire": [
        {
            "",
            "http",
            "random_ids",
            "service_events",
            "sqlite_file",
            "task_set",
            "timers",
            "trace_hops",
            "utc_times",
            "work_groups",
        },
        {"http.body_stream", "http.limits", "http.sockets"},
        {"http.certificates", "http.messages"},
        {"offload_process"},
        {"offload"},
        {"http.limited_page"},
        {"http.request_parser", "http.responses"},
        {"http.client", "http.connection"},
        {"http.listener"},
        {"errors", "function_credentials"},
        {"sigv4"},
        {"s3_signature"},
        {"forwarding"},
        {"patterns.errors"},
        {"patterns.matching", "patterns.preparing", "patterns.reading", "patterns.wildcards"},
        {"patterns.operators"},
        {"patterns.compiling"},
        {"patterns"},
    ],
}
# Modules whose annotations name a class further below, or what only a type checker imports.
POSTPONED = {
    "bounded_pattern",
    "cloudformation.resolving.resolve_context",
    "command_line.completion",
    "output.images.dockerfile_reader",
    "resources.nodes",
    "services.apigateway.auth.route_auth",
    "values",
}
ENTRY_POINT = re.compile(r"(?P<module>esb_\w+(\.\w+)+):\w+")
DATA_FILES = {
    "esb_schemas": {
        "esb_schemas/event_sources/dynamodb.json",
        "esb_schemas/event_sources/schedule.json",
        "esb_schemas/event_sources/sqs.json",
        "esb_schemas/json_schema/schema_files/functions.json",
        "esb_schemas/json_schema/schema_files/resources.json",
        "esb_schemas/json_schema/schema_files/routing.json",
        "esb_schemas/engines/image_digests.json",
        "esb_schemas/sections/dynamodb.json",
        "esb_schemas/sections/eventbridge.json",
        "esb_schemas/sections/eventbridge_connections.json",
        "esb_schemas/sections/s3.json",
        "esb_schemas/sections/sns.json",
        "esb_schemas/sections/sqs.json",
    },
    "esb_compose_templates": {
        "esb_compose_templates/compose.yaml.j2",
        "esb_compose_templates/docker-compose.services.yml.j2",
        "esb_compose_templates/docker-compose.watch.yml.j2",
        "esb_compose_templates/docker-compose.yml.j2",
        "esb_compose_templates/docker-stack.yml.j2",
        "esb_compose_templates/function.Dockerfile.j2",
        "esb_compose_templates/service.backend.yml.j2",
        "esb_compose_templates/service.bucket-hosts.yml.j2",
        "esb_compose_templates/service.cloud.yml.j2",
        "esb_compose_templates/service.function.yml.j2",
        "esb_compose_templates/service.gateway.yml.j2",
        "esb_compose_templates/service.provisioner.yml.j2",
        "esb_compose_templates/service.volumes.yml.j2",
        "esb_compose_templates/service.storage-events.yml.j2",
        "esb_compose_templates/services.yml.j2",
    },
    "esb_generator": {"esb_generator/delivery/load.sh", "esb_generator/output/service_images/service_constraints.txt"},
    "esb_provisioner": {"esb_provisioner/Dockerfile"},
    "esb_wire": set(),
    "esb_gateway": {"esb_gateway/Dockerfile"},
    "esb_cloud": {"esb_cloud/Dockerfile"},
    "esb_runtime": {
        "esb_runtime/files/build",
        "esb_runtime/files/esb_backends.py",
        "esb_runtime/files/esb_capture.py",
        "esb_runtime/files/esb_cloudwatch.py",
        "esb_runtime/files/esb_frames.py",
        "esb_runtime/files/esb_imports.py",
        "esb_runtime/files/esb_redirect.py",
        "esb_runtime/files/esb_questions.py",
        "esb_runtime/files/esb_rows.py",
        "esb_runtime/files/esb_table_names.py",
        "esb_runtime/files/esb_tee.py",
        "esb_runtime/files/esb_trace_id.py",
        "esb_runtime/files/esb_victorialogs.py",
        "esb_runtime/files/sitecustomize.py",
        "esb_runtime/files/supervisor",
    },
}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = [
        f"{path.name}:{line} imports {name}"
        for path in modules(package)
        for line, name in imports(path)
        if name.partition(".")[0] in MAY_IMPORT and name.partition(".")[0] not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(LAYERS))
def test_every_module_has_a_layer_and_imports_none_above_it(package: str) -> None:
    graph = import_graph(package)
    missing = [name for name in graph if layer(package, name) is None]
    assert missing == [], "a new module: say in LAYERS where it stands"
    wrong = [
        f"{name} imports {other}, which stands above it"
        for name, others in graph.items()
        for other in sorted(others)
        if (layer(package, other) or 0) > (layer(package, name) or 0)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(LAYERS))
def test_every_line_of_the_layers_is_about_a_module(package: str) -> None:
    graph = import_graph(package)
    lines = {entry for level in LAYERS[package] for entry in level}
    assert lines == {entry for entry in lines if any(entry == best_entry(package, name) for name in graph)}


@pytest.mark.parametrize("package", sorted(LAYERS))
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    try:
        tuple(graphlib.TopologicalSorter(import_graph(package)).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("package", sorted(LAYERS))
def test_no_packages_import_each_other_in_a_circle(package: str) -> None:
    """Of two folders beside each other only one imports from the other, so either can be read after the other."""
    for siblings in sibling_graphs(package).values():
        try:
            tuple(graphlib.TopologicalSorter(siblings).static_order())
        except graphlib.CycleError as error:
            pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_no_class_name_stands_twice(package: str) -> None:
    names = [node.name for path in modules(package) for node in nodes(path) if isinstance(node, ast.ClassDef)]
    assert sorted(name for name, count in Counter(names).items() if count > 1) == []


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_only_the_command_line_prints_and_exits(package: str) -> None:
    wrong = [
        f"{path.name}:{node.lineno} calls {called}"
        for path in modules(package)
        if not {path.stem, path.parent.name} & {"cli", "__main__"}
        for node in nodes(path)
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) in {"print", "exit", "sys.exit", "quit"}
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["esb_generator", "esb_schemas"])
def test_no_regular_expression_is_compiled_by_an_import(package: str) -> None:
    """A build would compile a hundred that it does not use: `esb_schemas.lazy_pattern` is for the constants."""
    wrong = [
        f"{path.name}:{node.lineno}"
        for path in modules(package)
        for node in outside_functions(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["esb_generator", "esb_schemas"])
def test_annotations_of_named_tuples_are_no_texts(package: str) -> None:
    """NamedTuple parses each annotation that is a text, a tenth of the time that `esb build` takes to start.

    So a module with named tuples has no `from __future__ import annotations`, unless it needs names before they exist.
    """
    wrong = [name for name, path in named_modules(package) if has_named_tuple(path) and has_postponed_annotations(path)]
    assert set(wrong) <= POSTPONED


def has_named_tuple(path: Path) -> bool:
    classes = (node for node in nodes(path) if isinstance(node, ast.ClassDef))
    return any(ast.unparse(base) == "NamedTuple" for node in classes for base in node.bases)


def has_postponed_annotations(path: Path) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in nodes(path))


def test_only_the_module_of_partitions_writes_one() -> None:
    """A text that begins with `arn:aws:` is right in one partition only: `esb_schemas.partitions` makes ARNs."""
    wrong = [
        f"{path.name}:{node.lineno}"
        for package in MAY_IMPORT
        for path in modules(package)
        for node in nodes(path)
        if isinstance(node, ast.JoinedStr)
        and node.values
        and isinstance(first := node.values[0], ast.Constant)
        and str(first.value).startswith("arn:aws")
    ]
    assert wrong == []


def test_only_the_store_of_cloud_knows_sqlite() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, path in named_modules("esb_cloud")
        for _line, imported in imports(path)
        if imported == "sqlite3" and not name.startswith("sql.")
    ]
    assert wrong == []


@pytest.mark.parametrize(("member", "pattern"), [("compose-templates", "*.j2"), ("runtime", "*.py")])
def test_a_wheel_is_told_of_every_data_file(member: str, pattern: str) -> None:
    project = tomllib.loads((ROOT / member / "pyproject.toml").read_text())
    named = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {path.name for path in (ROOT / member).glob(pattern)} <= set(named)


@pytest.mark.parametrize("package", sorted(DATA_FILES))
def test_a_wheel_contains_its_code_and_its_data(package: str) -> None:
    folder = os.environ.get("ESB_WHEELS")
    if folder is None:
        pytest.skip("ESB_WHEELS names no folder of built wheels; `nox -s tests` sets it")
    (wheel,) = Path(folder).glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        content = set(opened.namelist())
    assert content >= DATA_FILES[package] | {f"{package}/__init__.py", f"{package}/py.typed"}
    assert {name.partition("/")[0] for name in content} == {package, f"{wheel.name.split('-py3')[0]}.dist-info"}


@functools.cache
def import_graph(package: str) -> dict[str, set[str]]:
    """By the name of each module of a package, below it, the others of the package that it imports."""
    files = dict(named_modules(package))
    return {
        name: {
            below
            for _line, imported in imports(path, set(files))
            if imported.partition(".")[0] == package and (below := imported[len(package) + 1 :]) in files
        }
        - {name}
        for name, path in files.items()
    }


def sibling_graphs(package: str) -> dict[str, dict[str, set[str]]]:
    """By each folder, which of the modules and packages in it import which others: an import of `a.b.c` by `a.d.e` is
    one of `a.b` by `a.d` in the folder `a`.
    """
    graphs: dict[str, dict[str, set[str]]] = {}
    for name, others in import_graph(package).items():
        for other in others:
            folder, importing, imported = where_they_part(name.split("."), other.split("."))
            if importing and imported:
                graphs.setdefault(folder, {}).setdefault(importing, set()).add(imported)
    return graphs


def where_they_part(one: list[str], other: list[str]) -> tuple[str, str, str]:
    """The folder that two modules have in common, and what of it each is in; empty for the folder's own module."""
    common = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return ".".join(one[:common]), ".".join(one[: common + 1][common:]), ".".join(other[: common + 1][common:])


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """What the tests look at of a module: parsing and walking is most of their time."""
    wanted = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Call, ast.Constant, ast.JoinedStr)
    return tuple(node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, wanted))


def outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    """What is executed when a module is imported."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from outside_functions(node)


def named_modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in modules(package):
        below = path.parts[len(path.parts) - path.parts[::-1].index(package) :]
        yield ".".join(below).removesuffix(".py").removesuffix("__init__").rstrip("."), path


def best_entry(package: str, name: str) -> str | None:
    """The longest entry of LAYERS that is the module's name or a package around it."""
    entries = [entry for level in LAYERS[package] for entry in level]
    fitting = [entry for entry in entries if name == entry or (entry and name.startswith(f"{entry}."))]
    return max(fitting, key=len, default=None)


def layer(package: str, name: str) -> int | None:
    entry = best_entry(package, name)
    return next((index for index, level in enumerate(LAYERS[package]) if entry in level), None)


def modules(package: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    for folder in spec.submodule_search_locations or ():
        yield from sorted(Path(folder).rglob("*.py"))


def imports(path: Path, modules: Collection[str] = ()) -> Iterator[tuple[int, str]]:
    """Each import with its line; `from package import module` is one of the module, where `modules` has it.

    So is a text `package.module:name`, which `esb_schemas.entry_points` imports.
    """
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if entry_point := ENTRY_POINT.fullmatch(node.value):
                yield node.lineno, entry_point["module"]
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield node.lineno, name if name.partition(".")[2] in modules else node.module
