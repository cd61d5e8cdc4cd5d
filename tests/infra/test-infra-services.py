#!/usr/bin/env python3
"""larder export kubernetes: what the drivers of services say of themselves in the manifests."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from manifests import IMAGE, Export, bind, larder, parsed, pod, run  # noqa: E402


def test_infra_services_region_of_s3():
    """The driver of the source says what its pods need: the region, asked of nobody; without one an error and no manifest."""
    profile = '[backend "objects"]\ndriver = s3\n%s\n\n[backend "files"]\ndriver = lent\nhandle = shelf-1\n'
    nothing = {"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    only, = pod(Export(profile % "region = ap-northeast-2").documents("--shards", "2", env=nothing)["Job/model-sync-job"])["containers"]
    assert only["env"][0] == {"name": "AWS_REGION", "value": "ap-northeast-2"}, only["env"]
    got = Export(profile % "").run(env=nothing)
    assert got.code == 2 and got.out == "" and "region" in got.err and "next: " in got.err, got.err


FILES = '[backend "objects"]\ndriver = s3\nregion = ap-northeast-2\n\n[backend "files"]\ndriver = efs\nroot = /nonexistent/models\n%s\n'
IDS = "file-system = fs-0123456789abcdef\naccess-point = fsap-0123456789abcdef"


def volumes(documents):
    return [documents["PersistentVolume/efs-models-pv" + more]["spec"]["csi"] for more in ("", "-rw")]


def test_infra_services_volumes_of_efs():
    """Two handles of one folder, since a node tells volumes apart by them; the folder counts from the access point's root; nothing is mounted here
    and nothing made."""
    documents = Export(FILES % IDS).documents("--reader", "sdxl/base")
    bind(documents)
    one, two = volumes(documents)
    assert one == {"driver": "efs.csi.aws.com", "volumeHandle": "fs-0123456789abcdef::fsap-0123456789abcdef", "volumeAttributes": {"path": "/"}}, one
    assert two == {"driver": "efs.csi.aws.com", "volumeHandle": "fs-0123456789abcdef:/:fsap-0123456789abcdef", "volumeAttributes": {"path": "/"}}, two
    assert not os.path.exists("/nonexistent")
    below, same = volumes(Export(FILES % IDS, cache={"volume-path": "/models/v2"}).documents())
    assert below["volumeAttributes"]["path"] == "/v2" and same["volumeHandle"] == "fs-0123456789abcdef:/v2:fsap-0123456789abcdef"


def test_infra_services_volumes_of_efs_as_the_strategy():
    """Without an access point, the handle and the path of the strategy."""
    one, two = volumes(Export(FILES % "file-system = fs-0123456789abcdef", filesystem={"access-point": None}).documents())
    assert one == {"driver": "efs.csi.aws.com", "volumeHandle": "fs-0123456789abcdef::", "volumeAttributes": {"path": "/models"}}, one
    assert two["volumeHandle"] == "fs-0123456789abcdef:/models:", two


def test_infra_services_efs_names_what_is_missing():
    for key, lines, more in (("file-system", "", {}), ("access-point", IDS.split("\n")[0], {}), ("file-system", IDS.replace("fs-0", "0"), {}),
                             ("access-point", IDS + ":x", {}), ("/other", IDS, {"volume-path": "/other"}), ("/modelsx", IDS, {"volume-path": "/modelsx"})):
        got = Export(FILES % lines, cache=more).run()
        assert got.code == 2 and got.out == "" and "'%s'" % key in got.err and "next: " in got.err, (lines, more, got.err)


def test_infra_services_profile_aws():
    """The profile that we ship, with what it asks the environment for."""
    given = {"LARDER_IMAGE": IMAGE, "LARDER_SERVICE_ACCOUNT": "model-sync", "LARDER_EFS_ID": "fs-0123456789abcdef", "LARDER_EFS_ACCESS_POINT": "fsap-0123456789abcdef"}
    got = larder("export", "kubernetes", "--profile", "aws", env={**given, "LARDER_PROFILE": ""})
    assert got.code == 0, got.err
    only, = pod(parsed(got.out)["Job/model-sync-job"])["containers"]
    assert {"name": "AWS_REGION", "value": "ap-northeast-2"} in only["env"] and {"name": "LARDER_PROFILE", "value": "aws"} in only["env"]
    for name, key in (("LARDER_IMAGE", "image"), ("LARDER_SERVICE_ACCOUNT", "service-account"), ("LARDER_EFS_ID", "file-system")):
        got = larder("export", "kubernetes", "--profile", "aws", env={**given, "LARDER_PROFILE": "", name: ""})
        assert got.code == 2 and "'%s'" % key in got.err, got.err


run(sys.modules[__name__])
