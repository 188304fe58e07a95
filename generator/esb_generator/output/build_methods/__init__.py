"""The table of build methods, which build a function from source. The template and the files choose one. Pure.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build.html
"""
