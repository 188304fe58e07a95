"""Services that the stack does not have, a file for each group: what Ref and GetAtt give, and what to call them."""
