"""AWS services for which no server exists that a closed network can have: one process, one durable file.

A request goes through these, in this order: `aws.dispatch` finds service and operation, and checks the signature;
`aws.json_protocol` or `aws.query_protocol` reads the parameters; the operation runs in a transaction of the store;
when that is durable, the result is written by the same protocol. A service is a `Service`; `services` has the table.
"""
