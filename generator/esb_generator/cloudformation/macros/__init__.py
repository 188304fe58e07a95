"""Macros, which AWS expands before it reads anything else of a template: AWS::Include and Fn::ForEach."""
