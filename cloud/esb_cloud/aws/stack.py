"""The account and region that a stack plays."""

from __future__ import annotations

from typing import Final, NamedTuple

from esb_schemas.partitions import arn_of, global_arn

ACCOUNT: Final = "123456789012"


class Stack(NamedTuple):
    """The region and account of resources, and the Invoke API of functions: `lambda_endpoint`, signed with these
    credentials. Without an endpoint there are no functions. `url` is how this server is called, as far as it
    knows: for links in messages that do not belong to a request.
    """

    region: str = "us-east-1"
    account: str = ACCOUNT
    lambda_endpoint: str = ""
    access_key: str = ""
    secret_key: str = ""
    url: str = ""

    def arn(self, service: str, name: str) -> str:
        return arn_of(service, self.region, self.account, name)

    def root_arn(self, account: str) -> str:
        """The root user of an account in this stack's partition."""
        return global_arn("iam", self.region, account, "root")
