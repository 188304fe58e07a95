"""Buses, rules, targets, connections and API destinations: the operations that change and show them."""
