"""The acceptance program: what AWS documents of SQS, SNS and EventBridge, asked of several servers through boto3.

`sqs`, `sns` and `eventbridge` hold the cases, each of which makes its own resources. `run_cases` runs them on one
server and prints the outcomes; `servers` starts esb-cloud, moto and MiniStack; `page` is the table. `nox -s compare`
does it all and writes docs/comparison.md.
"""
