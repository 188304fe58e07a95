"""The values of resources: of Ref and GetAtt by type, and placeholders for those that only a deploy knows."""
