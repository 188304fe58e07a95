"""SAM applications of any size."""

from __future__ import annotations

from pathlib import Path

_HEAD = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: %(runtime)s, Handler: app.handler, MemorySize: 128, Timeout: 10}
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Bucket: {Type: AWS::S3::Bucket}
"""
_FUNCTION = """\
  Function%(number)d:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/f%(number)d/
      Environment:
        Variables:
          {TABLE: !Ref Table, BUCKET: !Ref Bucket, ARN: !GetAtt Table.Arn, WHERE: !Sub "${AWS::Region}/${Table}"}
      Events:
        Get: {Type: Api, Properties: {Path: /f%(number)d, Method: GET}}
"""
HANDLER = "def handler(event, context):\n    return event\n"


def write_application(folder: Path, functions: int, runtime: str = "python3.11") -> Path:
    """Write an application with `functions` functions, each with its own code and a route, a table and a bucket.

    Returns the template's path.
    """
    for number in range(functions):
        code = folder / f"src/f{number}"
        code.mkdir(parents=True)
        (code / "app.py").write_text(HANDLER)
    template = folder / "template.yaml"
    template.write_text(
        _HEAD % {"runtime": runtime} + "".join(_FUNCTION % {"number": number} for number in range(functions))
    )
    return template
