"""The properties of AWS::ApiGateway and AWS::ApiGatewayV2 resources: a misspelled one would leave a route open.

From the pages of the CloudFormation Template Reference. CloudFormation refuses any other property.
"""

from collections.abc import Mapping
from typing import Final

from esb_generator.resources.nodes import check_keys, names
from esb_generator.resources.stack import Stack

_INTEGRATION: Final = names(
    "CacheKeyParameters CacheNamespace ConnectionId ConnectionType ContentHandling Credentials IntegrationHttpMethod "
    "IntegrationResponses IntegrationTarget PassthroughBehavior RequestParameters RequestTemplates "
    "ResponseTransferMode TimeoutInMillis Type Uri"
)
_REST: Final = {
    "ApiKey": "CustomerId Description Enabled GenerateDistinctId Name StageKeys Tags Value",
    "Authorizer": "AuthType AuthorizerCredentials AuthorizerResultTtlInSeconds AuthorizerUri IdentitySource "
    "IdentityValidationExpression Name ProviderARNs RestApiId Type",
    "Deployment": "DeploymentCanarySettings Description RestApiId StageDescription StageName",
    "GatewayResponse": "ResponseParameters ResponseTemplates ResponseType RestApiId StatusCode",
    "Method": "ApiKeyRequired AuthorizationScopes AuthorizationType AuthorizerId HttpMethod Integration "
    "MethodResponses OperationName RequestModels RequestParameters RequestValidatorId ResourceId RestApiId",
    "Model": "ContentType Description Name RestApiId Schema",
    "RequestValidator": "Name RestApiId ValidateRequestBody ValidateRequestParameters",
    "Resource": "ParentId PathPart RestApiId",
    "RestApi": "ApiKeySourceType BinaryMediaTypes Body BodyS3Location CloneFrom Description DisableExecuteApiEndpoint "
    "EndpointAccessMode EndpointConfiguration FailOnWarnings MinimumCompressionSize Mode Name Parameters Policy "
    "SecurityPolicy Tags Version",
    "Stage": "AccessLogSetting CacheClusterEnabled CacheClusterSize CanarySetting ClientCertificateId DeploymentId "
    "Description DocumentationVersion MethodSettings RestApiId StageName Tags TracingEnabled Variables",
    "UsagePlan": "ApiStages Description Quota Tags Throttle UsagePlanName",
    "UsagePlanKey": "KeyId KeyType UsagePlanId",
}
_HTTP: Final = {
    "Api": "ApiKeySelectionExpression BasePath Body BodyS3Location CorsConfiguration CredentialsArn Description "
    "DisableExecuteApiEndpoint DisableSchemaValidation FailOnWarnings IpAddressType Name ProtocolType RouteKey "
    "RouteSelectionExpression Tags Target Version",
    "Authorizer": "ApiId AuthorizerCredentialsArn AuthorizerPayloadFormatVersion AuthorizerResultTtlInSeconds "
    "AuthorizerType AuthorizerUri EnableSimpleResponses IdentitySource IdentityValidationExpression JwtConfiguration "
    "Name",
    "Deployment": "ApiId Description StageName",
    "Integration": "ApiId ConnectionId ConnectionType ContentHandlingStrategy CredentialsArn Description "
    "IntegrationMethod IntegrationSubtype IntegrationType IntegrationUri PassthroughBehavior PayloadFormatVersion "
    "RequestParameters RequestTemplates ResponseParameters TemplateSelectionExpression TimeoutInMillis TlsConfig",
    "Route": "ApiId ApiKeyRequired AuthorizationScopes AuthorizationType AuthorizerId ModelSelectionExpression "
    "OperationName RequestModels RequestParameters RouteKey RouteResponseSelectionExpression Target",
    "Stage": "AccessLogSettings AccessPolicyId ApiId AutoDeploy ClientCertificateId DefaultRouteSettings DeploymentId "
    "Description RouteSettings StageName StageVariables Tags",
}
_KNOWN: Final[Mapping[str, Mapping[str, None]]] = {
    **{f"AWS::ApiGateway::{name}": names(properties) for name, properties in _REST.items()},
    **{f"AWS::ApiGatewayV2::{name}": names(properties) for name, properties in _HTTP.items()},
}


def check_resources(stack: Stack) -> None:
    """Report properties that these types do not have."""
    for type_, known in _KNOWN.items():
        for resource in stack.of_type(type_):
            check_keys(resource.properties, known)
            if type_ == "AWS::ApiGateway::Method" and resource.properties.has("Integration"):
                check_keys(resource.properties.child("Integration"), _INTEGRATION)
