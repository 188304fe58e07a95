"""The store on SQLite: all SQL stands here, one module for the tables of a service, and nothing outside knows of it.

`store.Store` is the interface: work on a `transaction.Transaction`, done durably, in order.
"""
