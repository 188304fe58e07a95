"""APIs that a template defines by resources of AWS::ApiGateway and AWS::ApiGatewayV2, each route with its own."""
