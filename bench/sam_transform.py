"""Run by aws-sam-translator's own Python: `sam_transform.py TEMPLATE` prints the seconds that its transform takes."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoPolicies:
    def load(self) -> dict[str, str]:
        return {}


template: dict[str, Any] = yaml_parse(Path(sys.argv[1]).read_text())
for resource in template["Resources"].values():
    if "CodeUri" in resource.get("Properties", {}):
        resource["Properties"]["CodeUri"] = "s3://bucket/code"  # the transform rejects local paths
start = time.perf_counter()
transform(template, {}, NoPolicies())
sys.stdout.write(json.dumps({"seconds": time.perf_counter() - start}))
