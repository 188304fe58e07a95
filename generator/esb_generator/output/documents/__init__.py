"""The documents of the contract, and their check."""
