"""The benchmark: how fast ESB is compared with other tools, or with another revision of itself, on this machine.

`cli` runs each part in `parts` and collects its findings; `against` has the rows that compare two revisions. `samples`
and `goals` evaluate findings, `report` formats them. `processes`, `load`, `peers` and `revisions` are the tools of a
part: whole processes, servers under load, and environments of what ESB is compared with.
"""
