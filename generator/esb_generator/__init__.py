"""The command `esb`: an AWS SAM template becomes a stack for Docker Compose. `pipeline` has the stages."""
