"""The build of source code into what a function runs: one row a method, decided from the template and the files. Pure.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build.html
"""
