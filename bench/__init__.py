"""The benchmark: how fast ESB is, against whom, on the machine that it runs on.

`cli` asks each part in `parts` for its findings; `samples` and `goals` say what they mean, `report` how they read.
`processes`, `load` and `peers` are how a part measures: whole processes, servers under load, and what to compare with.
"""
