#!/usr/bin/env python3
"""The strategy, applied on moto and the services that stand in, then exported: Terraform validates it and finds all of it there, with nothing to add, change or destroy. What is
written replaces no file of others, and is all or nothing. Terraform and its provider come from no package registry: without them what needs them is skipped."""
import functools
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import backup_service  # noqa: E402
import cloudfront_service  # noqa: E402
import network  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
import terraform  # noqa: E402
from folders import change  # noqa: E402
from scene import MODULES, TOOL, Done  # noqa: E402

REGION, ROLE = "ap-northeast-2", "arn:aws:iam::123456789012:role/backup"
KINDS = """aws_backup_plan aws_backup_selection aws_backup_vault aws_cloudfront_distribution aws_cloudfront_origin_access_identity aws_db_instance aws_efs_access_point
aws_efs_backup_policy aws_efs_file_system aws_efs_file_system_policy aws_efs_mount_target aws_iam_role aws_iam_role_policy aws_s3_bucket aws_s3_bucket_cors_configuration
aws_s3_bucket_intelligent_tiering_configuration
aws_s3_bucket_lifecycle_configuration aws_s3_bucket_ownership_controls aws_s3_bucket_policy aws_s3_bucket_public_access_block aws_s3_bucket_replication_configuration
aws_s3_bucket_server_side_encryption_configuration aws_s3_bucket_versioning aws_security_group""".split()


class Place:
    """All services on loopback, and the pipeline that we ship with a little more asked for."""

    def __init__(self, *more):
        self.server = servers.start("moto", keeping=True)
        self.net = network.Network(self.server, REGION)
        self.backup, self.cdn = backup_service.Service(), cloudfront_service.Service()
        self.cdn.progress = 0
        self.server.client("rds", region_name=REGION).create_db_instance(DBInstanceIdentifier="pingvas-studio", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
                                                                         MasterUsername="u", MasterUserPassword="password1", StorageEncrypted=True)
        self.holder = tempfile.TemporaryDirectory(prefix="larder-terraform-")
        self.folder = self.holder.name
        self.config = servers.pipeline(os.path.join(self.folder, "pipeline"))
        change(self.config, ("purpose = logs\n", "purpose = logs\ntls-only = yes\nownership = BucketOwnerEnforced\ntiering = 90d ARCHIVE_ACCESS, 180d DEEP_ARCHIVE_ACCESS\ntags = Kind=logs\n"),
               ("comment = Pingvas Studio Images CDN\n", "comment = \"${LARDER_TEST_COMMENT}\"\n"),
               ("id = ReplicateToTokyo\n", "id = ReplicateToTokyo\nrole = auto\n"), ("plan = efs-models", "role = %s\nplan = efs-models" % ROLE),
               ("egress = open\n", "egress = open\npolicy = tls, access-point\nautomatic-backup = yes\n"), *more)
        profile = os.path.join(self.folder, "pipeline/profiles/aws.ini")
        moto = "server = aws\nendpoint = %s\n" % self.server.endpoint
        change(profile, ("server = aws\n", moto))
        for driver, service in (("cloudfront", self.cdn), ("backup", self.backup)):
            change(profile, ("driver = %s\n%s" % (driver, moto), "driver = %s\nserver = aws\nendpoint = %s\n" % (driver, service.endpoint)))
        self.env = {**self.server.environment(), "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": self.config, "LARDER_PROFILE": "aws", "LARDER_TEST_COMMENT": "${a}%{b}"}
        del self.env["AWS_ENDPOINT_URL"]

    def run(self, *words, **env):
        done = subprocess.run([TOOL, "--json", *words], env={**self.env, **env}, capture_output=True, text=True, timeout=120 * servers.SLOW)
        return Done(done.returncode, done.stdout, done.stderr)

    def folder_of(self, name):
        return os.path.join(self.folder, name)

    def written(self, name):
        with open(os.path.join(self.folder_of(name), "larder.tf.json")) as file:
            return json.load(file)

    def terraform(self, folder, *words):
        env = {name: value for name, value in self.env.items() if not name.startswith(("TF_", "LARDER_"))}
        return subprocess.run(["terraform", "-chdir=" + folder, *words], env={**env, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "HOME": self.folder}, capture_output=True, text=True,
                              timeout=300 * servers.SLOW)


place = Place()


@functools.cache
def exported():
    """What was applied, as Terraform has it; made once."""
    for words in (("infra", "apply"), ("export", "terraform", place.folder_of("all/of it"))):
        done = place.run(*words)
        assert done.code == 0, (words, done)
    return place.written("all/of it")


def test_live_terraform_not_there_yet():
    """All or nothing: something that is not there is an error, and no file comes."""
    done = place.run("export", "terraform", place.folder_of("none"))
    assert done.code == 3 and "is not there" in done.error["message"] and "infra apply" in done.error["next"], done
    assert not os.path.exists(place.folder_of("none"))


def test_live_terraform_written():
    """c-I06: each resource and its import, texts that Terraform would read as its own escaped; the same again to the letter."""
    all_of_it = exported()
    assert sorted(all_of_it["resource"]) == KINDS, sorted(all_of_it["resource"])
    addresses = ["%s.%s" % (kind, name) for kind, some in all_of_it["resource"].items() for name in some]
    assert sorted(one["to"] for one in all_of_it["import"]) == sorted(addresses)
    cdn, = all_of_it["resource"]["aws_cloudfront_distribution"].values()
    assert cdn["comment"] == "$${a}%%{b}", cdn
    aliases = {one["alias"] for one in all_of_it["provider"]["aws"]}
    assert aliases == {"objects", "objects-replica", "archive", "files", "cdn", "backup", "database"} and "AKIA" not in str(all_of_it) and place.server.secret_key not in str(all_of_it)
    assert place.run("export", "terraform", place.folder_of("all/of it")).code == 0 and place.written("all/of it") == all_of_it
    part = place.run("export", "terraform", "--only", "store/logs", place.folder_of("part"))
    assert part.code == 0 and set(place.written("part")["resource"]["aws_s3_bucket"]) == {"logs"}, part


def test_live_terraform_manifests_of_what_is_there():
    """export kubernetes: ids that the profile does not say are those of what is there."""
    exported()
    given = {"LARDER_IMAGE": "registry.example.org/larder:1.0", "LARDER_SERVICE_ACCOUNT": "model-sync"}
    efs = place.server.client("efs", region_name=REGION)
    system, = (one["FileSystemId"] for one in efs.describe_file_systems()["FileSystems"])
    point, = (one["AccessPointId"] for one in efs.describe_access_points()["AccessPoints"])
    path = os.path.join(place.folder, "manifests.yaml")
    done = place.run("export", "kubernetes", "-o", path, **given)
    assert done.code == 0, done
    with open(path) as file:
        text = file.read()
    assert "volumeHandle: \"%s::%s\"" % (system, point) in text and "volumeHandle: \"%s:/:%s\"" % (system, point) in text, text
    done = place.run("export", "kubernetes", "-o", path, LARDER_EFS_ID="fs-0123456789abcdef", LARDER_EFS_ACCESS_POINT="fsap-0123456789abcdef", **given)
    with open(path) as file:
        assert done.code == 0 and "fs-0123456789abcdef::fsap-0123456789abcdef" in file.read(), done      # what is written counts


def test_live_terraform_a_file_of_others_stays():
    exported()
    folder = place.folder_of("theirs")
    os.mkdir(folder)
    with open(os.path.join(folder, "larder.tf.json"), "w") as file:
        file.write("{}")
    done = place.run("export", "terraform", folder)
    assert done.code == 5 and "--overwrite" in done.error["next"] and place.written("theirs") == {}, done
    assert place.run("export", "terraform", "--overwrite", folder).code == 0 and place.written("theirs")["resource"]


# The other ways of a CDN, and texts that Terraform would read as its own.
OTHERWISE = (
    ("origin-access = oai ", "origin-access = oac "), ("\n; failover = images-replica ", "\nfailover = images-replica "),
    ("comment = \"${LARDER_TEST_COMMENT}\"\n", "comment = \"a \\\\ b \\\" %{x} 한글\"\naliases = a.example.com\ncertificate = arn:aws:acm:us-east-1:123456789012:certificate/c-1\n"
     "web-acl = arn:aws:wafv2:us-east-1:123456789012:global/webacl/w/1\nkey-group = kg-1\nhttp-version = http2and3\nresponse-headers = 67f7725c-6f97-4210-82d7-5512b31e9d03\n"),
    ("[behavior \"default\"]\n", "[behavior \"default\"]\ncache-policy = 658327ea-f89d-4fab-a63d-7e88639e58f6\norigin-request-policy = 88a5eaf4-2fd4-4709-b370-b4c650ea3fcf\n"),
    ("[behavior \"thumbnails\"]\n", "[behavior \"thumbnails\"]\ncors = studio\n"),
)


def nothing_to_change(place):
    """The round trip: what was applied here is what Terraform would have made."""
    if not terraform.plugins():
        raise tap.Skip("no terraform, or no provider of AWS in its plug-in folders")
    folder = place.folder_of("all/of it")
    done = place.terraform(folder, "init", "-input=false", "-no-color", "-plugin-dir=" + terraform.plugins())
    assert done.returncode == 0, done.stdout + done.stderr
    done = place.terraform(folder, "validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    done = place.terraform(folder, "plan", "-input=false", "-no-color", "-lock=false")
    want = "Plan: %d to import, 0 to add, 0 to change, 0 to destroy." % len(place.written("all/of it")["import"])
    assert done.returncode == 0 and want in done.stdout, "\n".join(line for line in (done.stdout + done.stderr).splitlines() if " ~ " in line or " + " in line or "Error" in line or "Plan:" in line
                                                                    or "will be" in line or "must be" in line or " - " in line or "│" in line)


def test_live_terraform_nothing_to_change():
    exported()
    nothing_to_change(place)


def test_live_terraform_nothing_to_change_of_the_other_ways():
    """c-I06: with a comment of every sign that Terraform minds."""
    other = Place(*OTHERWISE)
    try:
        for words in (("infra", "apply"), ("export", "terraform", other.folder_of("all/of it"))):
            done = other.run(*words)
            assert done.code == 0, (words, done)
        kinds = set(other.written("all/of it")["resource"])
        cdn, = other.written("all/of it")["resource"]["aws_cloudfront_distribution"].values()
        assert len(cdn["origin"]) == 2 and cdn["origin_group"][0]["origin_id"] == cdn["default_cache_behavior"]["target_origin_id"], cdn
        assert len(other.written("all/of it")["resource"]["aws_cloudfront_origin_access_control"]) == 1 and "aws_cloudfront_origin_access_identity" not in kinds, kinds
        nothing_to_change(other)
    finally:
        other.server.stop()


try:
    tap.run(sys.modules[__name__])
finally:
    place.server.stop()
