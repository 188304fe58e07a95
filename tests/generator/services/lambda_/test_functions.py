"""Functions of both types: code, settings, environment, layers, names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_generator.model import ArchiveCode, BuildMetadata, FolderCode, Function, ImageCode, InlineCode
from esb_schemas import contract

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

PYTHON = "Runtime: python3.12, Handler: app.handler"


def only(expansion: Expansion) -> Function:
    (function,) = expansion.application.functions
    return function


def test_every_setting_of_a_function(read: Read) -> None:
    function = only(
        read(
            """
            Orders:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: create-order
                Description: Takes an order
                CodeUri: ./src/orders/
                Handler: app.handler
                Runtime: python3.12
                Architectures: [arm64]
                Timeout: "10"
                MemorySize: 256
                EphemeralStorage: {Size: 1024}
                ReservedConcurrentExecutions: 0
                RecursiveLoop: Allow
                ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}
                AutoPublishAlias: live
                LoggingConfig: {LogFormat: JSON, LogGroup: /orders}
                Environment: {Variables: {TABLE: orders, SIZE: 007, DEBUG: true, RATE: 1.10}}
                Policies: [AmazonDynamoDBFullAccess]
                Tracing: Active
                VpcConfig: {SubnetIds: [subnet-1]}
            """
        )
    )
    assert function == Function(
        name="create-order",
        logical_id="Orders",
        mark=function.mark,
        code=FolderCode("src/orders"),
        entry=contract.Function(
            description="Takes an order",
            handler="app.handler",
            runtime="python3.12",
            architecture="arm64",
            timeout=10,
            memory_size=256,
            ephemeral_storage=1024,
            environment={"TABLE": "orders", "SIZE": "007", "DEBUG": "true", "RATE": "1.10"},
            log_format="JSON",
            recursive_loop="Allow",
            scaling=contract.Scaling(2, 0),
            reserved_concurrency=0,
            aliases=("live",),
            published=True,
            auto_publish_alias="live",
        ),
        build=BuildMetadata("Orders"),
    )


def test_what_is_not_said_is_awss_default(read: Read) -> None:
    function = only(read(f"Orders: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}}}}}"))
    assert function.code == FolderCode("")
    assert (function.name, function.entry.architecture) == ("Orders", "x86_64")
    assert (function.entry.timeout, function.entry.memory_size, function.entry.reserved_concurrency) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("provisioned", "reserved", "scaling"),
    [
        (None, None, (None, None)),
        (None, 10, (None, 10)),
        (2, None, (2, None)),
        (19, None, (19, None)),
        (2, 3, (2, 3)),
        (None, 0, (None, 0)),
    ],
)
def test_concurrency_becomes_slots(
    read: Read, provisioned: int | None, reserved: int | None, scaling: tuple[int | None, int | None]
) -> None:
    lines = [PYTHON]
    if provisioned is not None:
        lines.append(f"ProvisionedConcurrencyConfig: {{ProvisionedConcurrentExecutions: {provisioned}}}")
    if reserved is not None:
        lines.append(f"ReservedConcurrentExecutions: {reserved}")
    function = only(read(f"Orders: {{Type: AWS::Serverless::Function, Properties: {{{', '.join(lines)}}}}}"))
    assert function.entry.scaling == contract.Scaling(*scaling)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("CodeUri: src", FolderCode("src")),
        ("CodeUri: ../shared/src/", FolderCode("../shared/src")),
        ("CodeUri: target/app.jar", ArchiveCode("target/app.jar")),
        ("CodeUri: build/app.ZIP", ArchiveCode("build/app.ZIP")),
        ("InlineCode: 'def handler(event, context): return 1'", InlineCode("def handler(event, context): return 1")),
    ],
)
def test_where_serverless_code_is(read: Read, code: str, expected: object) -> None:
    template = f"F: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}, {code}}}}}"
    assert only(read(template)).code == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Code: src/app", FolderCode("src/app")),
        ("Code: {ZipFile: 'exports.handler = 1'}", InlineCode("exports.handler = 1")),
    ],
)
def test_where_lambda_code_is(read: Read, code: str, expected: object) -> None:
    template = f"F: {{Type: AWS::Lambda::Function, Properties: {{{PYTHON}, Role: r, {code}}}}}"
    assert only(read(template)).code == expected


@pytest.mark.parametrize(
    ("kind", "code", "place"),
    [
        ("Serverless", "CodeUri: s3://bucket/app.zip", "s3://bucket/app.zip"),
        ("Serverless", "CodeUri: {Bucket: b, Key: k}", "an object in S3"),
        ("Lambda", "Code: {S3Bucket: b, S3Key: k}", "an object in S3"),
    ],
)
def test_a_function_whose_code_is_in_s3_is_left_out(read: Read, kind: str, code: str, place: str) -> None:
    far = f"Far: {{Type: 'AWS::{kind}::Function', Properties: {{{PYTHON}, {code}}}}}"
    near = f"Near: {{Type: 'AWS::Serverless::Function', Properties: {{{PYTHON}, CodeUri: src}}}}"
    expansion = read(f"{far}\n{near}\n")
    assert only(expansion).logical_id == "Near"
    assert [(notice.logical_id, notice.text) for notice in expansion.notices] == [
        (
            "Far",
            f"its code is {place}, which the build cannot fetch: the function is left out; "
            "give a local folder or .zip file",
        )
    ]


def test_what_leads_to_a_function_that_is_left_out_is_left_out_with_it(read: Read) -> None:
    expansion = read(
        f"""
        Api:
          Type: AWS::Serverless::Api
          Properties:
            StageName: v1
            Auth: {{DefaultAuthorizer: Guard, Authorizers: {{Guard: {{FunctionArn: !GetAtt Far.Arn}}}}}}
        Far:
          Type: AWS::Serverless::Function
          Properties:
            {{{PYTHON}, CodeUri: "s3://b/k", Events: {{Get: {{Type: Api, Properties: {{Path: /far, Method: GET}}}}}}}}
        Near:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: app.handler
            CodeUri: src
            Layers: [!Ref Layer]
            Events: {{Get: {{Type: Api, Properties: {{RestApiId: !Ref Api, Path: /near, Method: GET}}}}}}
        Layer: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: "s3://b/layer"}}}}
        """
    )
    application = expansion.application
    assert (only(expansion).layers, application.layers, application.routes) == ((), (), ())
    assert [notice.text.partition(":")[0] for notice in expansion.notices if notice.logical_id == "Near"] != []


@pytest.mark.parametrize("runtime", ["nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "dotnetcore2.0"])
def test_a_runtime_that_nobody_has_an_image_of(problems: Problems, runtime: str) -> None:
    properties = f"{{Runtime: {runtime}, Handler: app.handler, CodeUri: src}}"
    (sentence,) = problems(f"F: {{Type: AWS::Serverless::Function, Properties: {properties}}}")
    assert sentence.endswith(f"{runtime} is a runtime that AWS has retired and has no image of; choose a later one")


def test_an_image_function_with_a_dockerfile(read: Read) -> None:
    function = only(
        read(
            """
            F:
              Type: AWS::Serverless::Function
              Properties:
                PackageType: Image
                ImageConfig: {Command: [app.other], EntryPoint: [/entry.sh], WorkingDirectory: /srv}
              Metadata:
                Dockerfile: Dockerfile.prod
                DockerContext: ./app
                DockerTag: v1
                DockerBuildArgs: {VERSION: 3}
                DockerBuildTarget: final
            """
        )
    )
    assert function.code == ImageCode(
        context="app", dockerfile="Dockerfile.prod", target="final", build_args={"VERSION": "3"}
    )
    assert function.entry.image == contract.ImageConfig(("app.other",), ("/entry.sh",), "/srv")
    assert (function.entry.handler, function.entry.runtime) == (None, None)


@pytest.mark.parametrize(
    "template",
    [
        "F: {Type: AWS::Serverless::Function, Properties: {PackageType: Image, ImageUri: repo/app:1}}",
        "F: {Type: AWS::Lambda::Function, Properties: {Role: r, Code: {ImageUri: repo/app:1}}}",
    ],
)
def test_an_image_function_with_an_image(read: Read, template: str) -> None:
    assert only(read(template)).code == ImageCode(uri="repo/app:1")


def test_layers_lead_back_to_their_resources(read: Read) -> None:
    expansion = read(
        f"""
        Globals: {{Function: {{Layers: [!Ref Common]}}}}
        Resources:
          Common:
            Type: AWS::Serverless::LayerVersion
            Properties: {{LayerName: shop, ContentUri: layers/common, CompatibleRuntimes: [python3.12]}}
            Metadata: {{BuildMethod: python3.12}}
          Zipped:
            Type: AWS::Serverless::LayerVersion
            Properties: {{ContentUri: layers/zipped.zip}}
          F:
            Type: AWS::Serverless::Function
            Properties: {{{PYTHON}, Layers: [!Ref Zipped, "arn:aws:lambda:us-east-1:580247275435:layer:Insights:14"]}}
        """
    )
    assert only(expansion).layers == ("Common", "Zipped")
    common, zipped = expansion.application.layers
    assert (common.name, common.content, common.build.method) == ("shop", FolderCode("layers/common"), "python3.12")
    assert (zipped.name, zipped.content, zipped.build.method) == ("Zipped", ArchiveCode("layers/zipped.zip"), None)
    (notice,) = expansion.notices
    assert "the layer arn:aws:lambda:us-east-1:580247275435:layer:Insights:14 is left out" in str(notice)


def test_aliases_of_their_own_resources(read: Read) -> None:
    function = only(
        read(
            f"""
            F: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}, AutoPublishAlias: live}}}}
            Beta:
              Type: AWS::Lambda::Alias
              Properties: {{FunctionName: !GetAtt F.Arn, FunctionVersion: $LATEST, Name: beta}}
            """
        )
    )
    assert function.entry.aliases == ("live", "beta")
    assert (function.entry.published, function.entry.auto_publish_alias) == (True, "live")


@pytest.mark.parametrize(
    ("type_", "properties", "published"),
    [
        ("Alias", "FunctionVersion: $LATEST, Name: beta", False),
        ("Alias", "FunctionVersion: '1', Name: beta", True),
        ("Version", "Description: the first", True),
    ],
)
def test_a_version_is_published_by_a_resource_of_its_own(
    read: Read, type_: str, properties: str, published: bool
) -> None:
    function = only(
        read(
            f"""
            F: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}}}}}
            Other: {{Type: "AWS::Lambda::{type_}", Properties: {{FunctionName: !Ref F, {properties}}}}}
            """
        )
    )
    assert (function.entry.published, function.entry.auto_publish_alias) == (published, None)


def test_properties_that_change_what_happens_are_told(read: Read) -> None:
    expansion = read(
        f"""
        F:
          Type: AWS::Serverless::Function
          Properties:
            {PYTHON.replace(", ", chr(10) + " " * 12)}
            FileSystemConfigs: [{{Arn: a, LocalMountPath: /mnt}}]
            DurableConfig: {{ExecutionTimeout: 60}}
            DeadLetterQueue: {{Type: SQS, TargetArn: a}}
        """
    )
    assert [notice.text.partition(":")[0] for notice in expansion.notices] == [
        "FileSystemConfigs",
        "DurableConfig",
        "DeadLetterQueue",
    ]
    assert [notice.mark.line for notice in expansion.notices] == [7, 8, 9]


WRONG: list[tuple[str, str]] = [
    ("Timeout: 901", "F: Timeout must be a whole number from 1 to 900, not 901"),
    ("Timeout: soon", "F: Timeout must be a whole number from 1 to 900, not 'soon'"),
    ("MemorySize: 64", "F: MemorySize must be a whole number from 128 to 10240, not 64"),
    ("MemorySize: true", "F: MemorySize must be a whole number from 128 to 10240, not true"),
    ("EphemeralStorage: {Size: 100}", "F: EphemeralStorage.Size must be a whole number from 512 to 10240, not 100"),
    ("EphemeralStorage: {}", "F: EphemeralStorage has no Size; add it"),
    (
        "ReservedConcurrentExecutions: -1",
        "F: ReservedConcurrentExecutions must be a whole number of at least 0, not -1",
    ),
    ("Architectures: [arm]", "F: Architectures[0] must be x86_64 or arm64, not 'arm'"),
    ("PackageType: zip", "F: PackageType must be Zip or Image, not 'zip'; did you mean Zip?"),
    ("Memory: 128", "F: AWS::Serverless::Function has no property Memory; did you mean MemorySize?"),
    ("Environment: {TABLE: x}", "F: Environment has no property TABLE"),
    ("Environment: {Variables: {1ST: x}}", "F: Environment.Variables.1ST has a name that Lambda refuses"),
    ("Environment: {Variables: {AWS_REGION: x}}", "F: Environment.Variables.AWS_REGION is set by Lambda itself"),
    ('Environment: {Variables: {A: "x\\0"}}', "F: Environment.Variables.A has a NUL character"),
    ("Environment: {Variables: {A: [x]}}", "F: Environment.Variables.A must be text"),
    ("Environment: {Variables: {A: }}", "F: Environment.Variables.A is empty; give it a value or remove it"),
    ("AutoPublishAlias: '12'", "F: AutoPublishAlias must be letters, digits, _ and -, and not a number, not '12'"),
    ("FunctionName: my function", "F: the function name 'my function' must be 1 to 64 letters, digits, - and _"),
    ("Layers: src", "F: Layers must be a list"),
]


@pytest.mark.parametrize(("setting", "sentence"), WRONG)
def test_what_is_wrong_is_said_with_its_path(problems: Problems, setting: str, sentence: str) -> None:
    found = problems(f"F: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}, {setting}}}}}")
    assert [text.split(": ", 1)[1][: len(sentence)] for text in found] == [sentence]


@pytest.mark.parametrize(
    "runtime",
    ["python3.9", "python3.14", "nodejs24.x", "java8.al2", "dotnet10", "dotnetcore3.1", "ruby3.4", "go1.x", "provided"],
)
def test_runtimes(read: Read, runtime: str) -> None:
    template = f"F: {{Type: AWS::Serverless::Function, Properties: {{Runtime: {runtime}, Handler: a.b}}}}"
    assert only(read(template)).entry.runtime == runtime


@pytest.mark.parametrize(
    ("runtime", "near"),
    [
        ("python", ""),
        ("python312", "python3.12"),
        ("Python3.12", "python3.12"),
        ("nodejs20", "nodejs20.x"),
        ("rust", ""),
    ],
)
def test_no_runtimes(problems: Problems, runtime: str, near: str) -> None:
    (sentence,) = problems(f"F: {{Type: AWS::Serverless::Function, Properties: {{Runtime: {runtime}, Handler: a.b}}}}")
    assert "Runtime must be a Lambda runtime such as python3.12" in sentence
    assert f"not {runtime!r}" in sentence
    assert not near or sentence.endswith(f"; did you mean {near}?")


def test_a_version_that_aws_is_not_known_to_have_is_a_warning(read: Read) -> None:
    found = read("F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.21, Handler: a.b}}")
    assert only(found).entry.runtime == "python3.21"
    (notice,) = found.notices
    assert notice.text.startswith("python3.21 is not a runtime that AWS is known to have; did you mean python3.")


def test_a_zip_function_needs_handler_and_runtime(problems: Problems) -> None:
    assert problems("F: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}") == [
        "2:52: F has no Handler; add it",
        "2:52: F has no Runtime; add it",
    ]


def test_all_problems_are_found_at_once_with_their_places(problems: Problems) -> None:
    found = problems(
        """
        A:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: app.handler
            Timeout: 0
        B:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: pyton3.12
            Handler: app.handler
        """
    )
    assert [sentence.split(" ")[0] for sentence in found] == ["7:16:", "11:16:"]


def test_a_name_is_taken_once(problems: Problems) -> None:
    (sentence,) = problems(
        f"""
        A: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}, FunctionName: orders}}}}
        B: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}, FunctionName: orders}}}}
        """
    )
    assert "B: the function name orders is already that of A at template.yaml:2:3; give it another name" in sentence


def test_a_long_logical_id_is_shortened_to_a_function_name(read: Read) -> None:
    long = "F" * 60
    functions = "\n".join(
        f"{long}{end}: {{Type: AWS::Serverless::Function, Properties: {{{PYTHON}}}}}" for end in ("aaaaaa", "b")
    )
    names = [function.name for function in read(functions).application.functions]
    assert names[1] == f"{long}b"
    assert (len(names[0]), names[0][:55]) == (64, long[:55])


def test_a_mapping_where_text_belongs(problems: Problems) -> None:
    found = problems("F: {Type: AWS::Serverless::Function, Properties: {Handler: {a: b}, Runtime: [python3.12]}}")
    assert [sentence.split(": ", 2)[2] for sentence in found] == ["Handler must be text", "Runtime must be text"]


def test_the_build_of_a_function_is_what_metadata_says(read: Read) -> None:
    metadata = "{BuildMethod: esbuild, BuildProperties: {Minify: false}, WorkingDirectory: src}"
    function = f"F: {{Type: AWS::Serverless::Function, Metadata: {metadata}, Properties: {{{PYTHON}}}}}"

    assert read(function).application.functions[0].build == BuildMetadata("F", "esbuild", {"Minify": False}, "src")


def test_a_function_that_sam_has_built_is_not_built_again(read: Read) -> None:
    metadata = "{BuildMethod: esbuild, SamResourceId: F}"
    function = f"F: {{Type: AWS::Serverless::Function, Metadata: {metadata}, Properties: {{{PYTHON}}}}}"

    assert read(function).application.functions[0].build.method is None


@pytest.mark.parametrize(
    ("properties", "variables", "options"),
    [
        ("{Sourcemap: true}", "{}", "--enable-source-maps"),
        ("{Sourcemap: true}", "{NODE_OPTIONS: --inspect}", "--inspect"),
        ("{Sourcemap: false}", "{}", None),
    ],
)
def test_node_reads_the_source_maps_that_esbuild_makes(
    read: Read, properties: str, variables: str, options: str | None
) -> None:
    metadata = f"{{BuildMethod: esbuild, BuildProperties: {properties}}}"
    more = f"{PYTHON}, Environment: {{Variables: {variables}}}"
    function = f"F: {{Type: AWS::Serverless::Function, Metadata: {metadata}, Properties: {{{more}}}}}"

    assert read(function).application.functions[0].entry.environment.get("NODE_OPTIONS") == options


@pytest.mark.parametrize("uri", ["./image.tar.gz", "image.tar"])
def test_an_image_that_is_an_archive_is_refused(problems: Problems, uri: str) -> None:
    found = problems(f"F: {{Type: AWS::Serverless::Function, Properties: {{PackageType: Image, ImageUri: {uri}}}}}")

    assert [each.partition("ImageUri ")[2] for each in found] == [
        f"names an archive; run `docker load --input {uri}`, and write the name that it prints"
    ]


def test_a_layer_that_sam_has_built_is_as_it_lies_there(read: Read) -> None:
    built = "Metadata: {BuildMethod: python3.12, SamResourceId: L}"
    layer = f"L: {{Type: AWS::Serverless::LayerVersion, {built}, Properties: {{ContentUri: L}}}}"
    assert read(layer).application.layers[0].build.method is None


def test_an_attribute_that_aws_drops_is_told(read: Read) -> None:
    api = "A: {Type: AWS::Serverless::Api, AccessLogSetting: {}, Properties: {StageName: x}}"
    assert [notice.text for notice in read(api).notices] == [
        "AccessLogSetting is not an attribute of a resource, and AWS drops it; a property belongs under Properties"
    ]


def test_a_key_beside_the_properties_of_an_event_is_told(read: Read) -> None:
    event = "{Type: HttpApi, Auth: {Authorizer: Login}, Properties: {Path: /a, Method: get}}"
    properties = f"{{Runtime: python3.12, Handler: a.b, Events: {{E: {event}}}}}"
    function = f"F: {{Type: AWS::Serverless::Function, Properties: {properties}}}"
    assert [notice.text for notice in read(function).notices if "SAM" in notice.text] == [
        "Events.E.Auth is not an attribute of an event, and SAM drops it; "
        "a property of the event belongs under Properties"
    ]
