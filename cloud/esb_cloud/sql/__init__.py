"""The store on SQLite: all SQL stands here, that of rows in `tables`, and nothing outside knows of it.

`store.Store` is the interface: work on a `transaction.Transaction`, done durably, in order.
"""
