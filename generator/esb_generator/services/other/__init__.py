"""Services that the stack does not have, a file for each group: values of Ref and GetAtt, and names for messages."""
