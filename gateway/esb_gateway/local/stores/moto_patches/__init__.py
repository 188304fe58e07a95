"""Functions of moto that are replaced because their time or memory grows with a table, or with its writes."""
