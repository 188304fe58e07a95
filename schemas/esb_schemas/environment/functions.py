"""The variables of a function's process, and those between ESB's own parts."""

from __future__ import annotations

from typing import Final

from esb_schemas.backends import BACKENDS, LAMBDA_ENDPOINT_VARIABLE, LOGS_AUTH
from esb_schemas.contract.lambda_variables import DEFAULT_VARIABLES, FunctionDescription, reserved_variables
from esb_schemas.environment.variable import Table, Variable

_LAMBDA: Final = {
    "AWS_DEFAULT_REGION": "the region of the stack",
    "AWS_EC2_METADATA_DISABLED": "SDKs do not ask the instance metadata service for credentials",
    "AWS_EXECUTION_ENV": "`AWS_Lambda_` and the runtime",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "`MemorySize`, in MB",
    "AWS_LAMBDA_FUNCTION_NAME": "the function's name",
    "AWS_LAMBDA_FUNCTION_VERSION": "`$LATEST`, or `1` if the template publishes it",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "`on-demand` or `provisioned-concurrency`",
    "AWS_LAMBDA_LOG_FORMAT": "`Text` or `JSON`",
    "AWS_LAMBDA_LOG_GROUP_NAME": "`/aws/lambda/` and the name",
    "AWS_REGION": "the region of the stack",
    "AWS_XRAY_CONTEXT_MISSING": "the X-Ray SDK logs a missing trace and does not fail",
    "AWS_XRAY_DAEMON_ADDRESS": "an address on which nothing listens: there is no X-Ray",
    "LANG": "as on AWS",
    "TZ": "as on AWS",
    "_AWS_XRAY_DAEMON_ADDRESS": "the same, in two parts",
    "_AWS_XRAY_DAEMON_PORT": "the same, in two parts",
}
_SET: Final = dict.fromkeys(
    (*DEFAULT_VARIABLES, *reserved_variables(FunctionDescription("", "", "python", 0, "", False, False)))
)

FUNCTIONS: Final = (
    *(Variable(name, DEFAULT_VARIABLES.get(name, ""), _LAMBDA[name]) for name in sorted(_SET)),
    Variable("AWS_LAMBDA_LOG_LEVEL", "", "from the template: with `JSON`, Node.js drops lines below this level"),
    Variable("AWS_LAMBDA_LOG_STREAM_NAME", "", "one for each process of the function"),
    Variable("AWS_LAMBDA_RUNTIME_API", "", "HOST:PORT of the Runtime API; the host identifies the function"),
    Variable("AWS_LAMBDA_EXEC_WRAPPER", "", "from the template: a program that starts the runtime"),
    Variable(
        "AWS_LWA_PORT",
        "",
        "from the template: the port of the server behind the [Web Adapter](extensions.md); else `PORT`",
    ),
    Variable("LAMBDA_TASK_ROOT", "", "the folder of the function's code"),
    Variable("LAMBDA_RUNTIME_DIR", "", "the folder of the runtime interface client"),
    Variable("_HANDLER", "", "the handler"),
    Variable("_X_AMZN_TRACE_ID", "", "the trace header of the current invocation"),
    Variable("AWS_ACCESS_KEY_ID", "", "the stack's credentials, or the function's own (`--credentials function`)"),
    Variable("AWS_SECRET_ACCESS_KEY", "", "their secret"),
    Variable("AWS_SESSION_TOKEN", "", "only without Docker, if the storage accepts one"),
    Variable("AWS_CONFIG_FILE", "", "without Docker: an empty file instead of yours"),
    Variable("AWS_SHARED_CREDENTIALS_FILE", "", "the same"),
    *(
        Variable(name, "", f"the URL of {label} inside the stack")
        for name, label in [
            *((row.endpoint_variable, row.label) for row in BACKENDS),
            (LAMBDA_ENDPOINT_VARIABLE, "the Lambda API"),
        ]
    ),
    Variable("AWS_ENDPOINT_URL_<SERVICE>", "", "the same for AWS's SDKs; the function's own value has priority"),
    Variable("AWS_ENDPOINT_URL", "", "an endpoint that refuses calls of services that the stack lacks"),
    Variable("S3_PRESIGN_ENDPOINT", "", "the storage's URL outside of the stack, for presigned URLs and forms"),
    Variable(LOGS_AUTH.username_variable, "", "the log server's user"),
    Variable(LOGS_AUTH.password_variable, "", "the log server's password"),
    Variable(
        "CONTAINER_NAME", "", "the label `container_name` of log lines; else the function's name, else the host's"
    ),
    Variable("ESB_LOG_JOB", "", "the label `job` of log lines; else `lambda` in a function, `esb` elsewhere"),
)
INTERNAL: Final = (
    Variable("ESB_GATEWAY", "", "the supervisor: HOST:PORT of the gateway; else that of `AWS_LAMBDA_RUNTIME_API`"),
    Variable("ESB_STOP_GRACE", "7", "the supervisor: seconds that running invocations have to finish after a SIGTERM"),
    Variable("ESB_SHIP_LOGS", "", "the supervisor: if set, it sends the output of runtimes to `VICTORIALOGS_URL`"),
    Variable("ESB_NODE_GUARD", "", "the supervisor: the file that Node.js in a function's own image loads first"),
    Variable("ESB_LOG_PIPE", "", "Python: the pipe that child processes share"),
    Variable(
        "ESB_LOG_QUESTIONS",
        "",
        "Python: the file descriptor through which the supervisor asks for the remaining output",
    ),
    Variable("ESB_LAYERS", "", "Node.js without Docker: the folders of the layers"),
    Variable("ESB_DEBUG_PORT", "", "without Docker: the port on which a function waits for its debugger"),
    Variable("ESB_BUILD_SECRETS", "/run/secrets", "build stages: the folder of BuildKit's secrets"),
    Variable("ESB_BUILD_SCRATCH", "/dev/shm", "build stages: the folder for files that must not be in a layer"),  # noqa: S108
    Variable("ESB_MAVEN_REPOSITORY", "", "build stages: Maven's repository, in a cache"),
    Variable("ESB_MAVEN_ARGS", "", "build stages: additional arguments of Maven"),
    Variable("ESB_PYTHON", "python", "builds without Docker: the Python of the function's version"),
    Variable("ARTIFACTS_DIR", "", "Makefile targets: the output folder, as with `sam build`"),
)

TABLES: Final = (
    Table(
        "In a function",
        "Variables that a function has besides those of its template, in a container and without Docker. The first are "
        "AWS's; a template cannot set those that AWS reserves. ESB's own containers also have the log server's.",
        FUNCTIONS,
    ),
    Table("Between ESB's own parts", "ESB sets them. They are listed so that you recognize them.", INTERNAL),
)
