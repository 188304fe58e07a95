"""Templates as CloudFormation reads them: YAML, intrinsic functions, parameters, conditions."""
