#!/usr/bin/env python3
"""larder export kubernetes: what the drivers of services say of themselves in the manifests."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from manifests import Export, pod, run  # noqa: E402


def test_infra_services_region_of_s3():
    """The driver of the source says what its pods need: the region, asked of nobody; without one an error and no manifest."""
    profile = '[backend "objects"]\ndriver = s3\n%s\n\n[backend "files"]\ndriver = lent\nhandle = shelf-1\n'
    nothing = {"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    only, = pod(Export(profile % "region = ap-northeast-2").documents("--shards", "2", env=nothing)["Job/model-sync-job"])["containers"]
    assert only["env"][0] == {"name": "AWS_REGION", "value": "ap-northeast-2"}, only["env"]
    got = Export(profile % "").run(env=nothing)
    assert got.code == 2 and got.out == "" and "region" in got.err and "next: " in got.err, got.err


run(sys.modules[__name__])
