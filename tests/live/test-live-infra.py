#!/usr/bin/env python3
"""test-live-infra.py: the buckets of the strategy on real servers, and as boto3 sees them: applied, and written no second time; each setting
drifted, found and mended; what others set left alone; nothing sent that the server's row does not have; removed without a trace, but for what
holds an object. moto stands for AWS, with a lifecycle that comes back as it was put (tests/lib/moto_keeping.py), and for itself."""
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "lib")]
import backup_service  # noqa: E402
import cloudfront_service  # noqa: E402
import network  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
from tool import BUILD, HOME, larder, run  # noqa: E402

IMAGES, UPLOADS, MODELS, BACKUPS, LOGS, REPLICA = ["pingvas-studio-" + name for name in ("images", "uploads", "models", "backups", "logs", "images-replica-tokyo")]
ROLE = "arn:aws:iam::123456789012:role/copies"
FEATURE = {"versioning": "versions", "encryption": "bucket-encryption", "tagging": "bucket-tagging", "lifecycle": "lifecycle", "cors": "cors",
           "publicAccessBlock": "public-access", "ownershipControls": "ownership", "policy": "policy", "replication": "replication"}
STAYS = {"versioning", "encryption", "publicAccessBlock", "ownershipControls"}        # never with DELETE: some servers remove the bucket
WORLDS = {"minio": ("minio", "minio"), "versitygw": ("versitygw", "versitygw"), "moto": ("moto", "moto"), "aws": ("moto", "aws")}


def table(row):
    lines = [line.split("\t") for line in subprocess.run([os.path.join(BUILD, "tests/live/s3-table")], text=True, stdout=subprocess.PIPE, check=True).stdout.splitlines()]
    return {words[0]: words[1 + lines[0][1:].index(row)] for words in lines[1:]}


def change(path, *pairs):
    with open(path) as file:
        text = file.read()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    with open(path, "w") as file:
        file.write(text)


class World:
    """One server behind a proxy that counts what is under way for each bucket, and the pipeline that we ship, with a policy and a role added."""

    def __init__(self, name):
        server, self.row = WORLDS[name]
        self.name, self.server = name, servers.start(server, **({"keeping": True} if name == "aws" else {}))
        self.can = table(self.row)
        self.client = self.server.client()
        self.between = proxy.Proxy(self.server.endpoint)
        self.began = {}
        self.plan()
        home = tempfile.mkdtemp(prefix=name, dir=HOME)
        self.config = servers.pipeline(os.path.join(home, "pipeline"))
        change(self.config, ("purpose = logs\n", "purpose = logs\ntls-only = yes\nownership = BucketOwnerEnforced\ntags = Kind=logs\n"),
               ("id = ReplicateToTokyo\n", "id = ReplicateToTokyo\nrole = %s\n" % ROLE), ("plan = efs-models", "role = %s\nplan = efs-models" % ROLE))
        profile = os.path.join(home, "pipeline/profiles", self.server.profile + ".ini")
        if server == "moto":                     # no glacier driver yet; a network for the file system; and what moto mistakes has services of its own
            network.Network(self.server, "ap-northeast-2")
            self.cdn = cloudfront_service.Service()
            self.cdn.progress = 0
            change(profile, ("driver = glacier", "driver = s3"), ("driver = backup\n", "driver = backup\nendpoint = %s\n" % backup_service.Service().endpoint),
                   ("driver = cloudfront\n", "driver = cloudfront\nendpoint = %s\n" % self.cdn.endpoint), ("server = aws\nregion = ap", "server = %s\nregion = ap" % self.row))
        self.env = dict(self.server.environment(self.between.endpoint), LARDER_CONFIG=self.config, LARDER_PROFILE=self.server.profile,
                        MINIO_ROOT_USER=self.server.access_key, MINIO_ROOT_PASSWORD=self.server.secret_key, LARDER_ROOT=os.path.join(home, "files"))
        self.buckets = [name for name in (IMAGES, UPLOADS, MODELS, BACKUPS, LOGS, REPLICA) if name != BACKUPS or server == "moto"]

    def plan(self, *rules):
        note = {"before": lambda record: self.began.setdefault(record["number"], time.monotonic())}
        self.between.plan([dict(rule, **note) for rule in (*rules, {"do": "pass"})])

    def infra(self, *words, code=0):
        """(lines, requests that it sent)."""
        before = len(self.between.requests)
        got = larder("infra", *words, "--json", env=self.env)
        assert got.code == code, (words, got.code, got.err[-2000:])
        self.sent = [r for r in self.between.requests[before:] if "/s3/aws4_request" in dict(r["headers"])["authorization"]]      # other services have tests of their own
        self.check()
        return [line for line in got.lines() if line.get("resource") in (None, "bucket", "access", "replication")]

    def marks(self, *words, **more):
        return [(line["identity"], line["path"], line["change"]) for line in self.infra("plan", *words, **more)
                if line["type"] == "change" and line["change"] not in ("same", "unsupported", "warning")]

    def writes(self):
        return [(r["method"], r["path"]) for r in self.sent if r["method"] not in ("GET", "HEAD")]

    def check(self):
        """Dangers 1, 2, 12, 15: nothing leaves that the row does not have; a removal names no setting but those that are safe everywhere."""
        for record in self.sent:
            path, _, query = record["path"].partition("?")
            names = {name for name, _ in urllib.parse.parse_qsl(query, keep_blank_values=True)}
            assert path.count("/") == 1 and path != "/", record
            assert names <= set(FEATURE) and len(names) <= 1, record
            assert all(self.can[FEATURE[name]] == "supported" for name in names), (self.row, record)
            assert record["method"] in ("GET", "HEAD", "PUT", "DELETE") and not (record["method"] == "DELETE" and names & STAYS), record
            assert record["method"] != "PUT" or names or record["body_bytes"] == 0 or "bucket-location" in self.can, record
            assert not [name for name, _ in record["headers"] if name.lower().startswith("x-minio")], record

    def check_in_turn(self):
        """Danger 16, c-I02: of one bucket never two changes at once."""
        last = {}
        for record in sorted((r for r in self.sent if r["method"] in ("PUT", "DELETE")), key=lambda r: r["number"]):
            bucket = record["path"].strip("/").partition("?")[0]
            assert self.began[record["number"]] >= last.get(bucket, 0), record
            last[bucket] = record["at"]

    def there(self):
        return sorted(bucket["Name"] for bucket in self.client.list_buckets()["Buckets"])

    def ask(self, operation, bucket, **words):
        from botocore.exceptions import ClientError
        try:
            got = getattr(self.client, operation)(Bucket=bucket, **words)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return {name: value for name, value in got.items() if name != "ResponseMetadata"}

    def settings(self, bucket):
        """All that boto3 can tell of a bucket, of what the row has."""
        asked = {"versions": "get_bucket_versioning", "bucket-encryption": "get_bucket_encryption", "bucket-tagging": "get_bucket_tagging",
                 "lifecycle": "get_bucket_lifecycle_configuration", "cors": "get_bucket_cors", "public-access": "get_public_access_block",
                 "ownership": "get_bucket_ownership_controls", "policy": "get_bucket_policy", "replication": "get_bucket_replication"}
        return {feature: self.ask(operation, bucket) for feature, operation in asked.items() if self.can[feature] == "supported"}

    def empty(self):
        for bucket in self.there():
            for item in self.client.list_object_versions(Bucket=bucket).get("Versions", []):
                self.client.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
            self.client.delete_bucket(Bucket=bucket)

    def fresh(self):
        self.empty()
        self.infra("apply")


WORLD = {}


def world(name):
    if name not in WORLD:
        WORLD[name] = World(name)
    WORLD[name].plan()
    return WORLD[name]


# ---- the values of the strategy, in boto3's words

def strategy(w):
    """{(bucket, feature): value} of what this world can have."""
    blocked = {name: True for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}
    aborts = {"ID": "abort-uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    moves = {"ID": "transition_to_glacier", "Status": "Enabled", "Filter": {"ObjectSizeGreaterThan": 131072}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
             "Transitions": [{"Days": 30, "StorageClass": "GLACIER_IR"}, {"Days": 120, "StorageClass": "DEEP_ARCHIVE"}]}
    rules = {IMAGES: [moves], REPLICA: [moves], UPLOADS: [{"ID": "expire_old_versions", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}],
             LOGS: [{"ID": "expire_after_30_days", "Status": "Enabled", "Expiration": {"Days": 30}}], MODELS: [], BACKUPS: []}
    want = {}
    for bucket in w.buckets:
        want[bucket, "versions"] = "Enabled" if bucket in (IMAGES, UPLOADS, MODELS, REPLICA) else None
        want[bucket, "bucket-encryption"] = "AES256"
        want[bucket, "public-access"] = blocked
        want[bucket, "lifecycle"] = lifecycle(w, rules[bucket] + [aborts])
    want[IMAGES, "bucket-tagging"] = {"Name": "Generated Images", "Environment": "production"}
    want[LOGS, "bucket-tagging"] = {"Kind": "logs"}
    want[IMAGES, "cors"] = [{"ID": "studio", "AllowedOrigins": ["https://pingvas.studio", "https://www.pingvas.studio"], "AllowedMethods": ["GET", "HEAD"],
                             "AllowedHeaders": ["*"], "MaxAgeSeconds": 3600}]
    want[LOGS, "ownership"] = "BucketOwnerEnforced"
    want[LOGS, "policy"] = ["larder-tls-only"]
    want[IMAGES, "policy"] = ["larder-reader-images"] if w.can["policy-readers"] == "supported" else None
    want[IMAGES, "replication"] = {"Role": ROLE, "Rules": [{
        "ID": "ReplicateToTokyo", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""}, "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::" + REPLICA, "StorageClass": "STANDARD_IA", "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                        "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}}]}
    return {(bucket, feature): value for (bucket, feature), value in want.items() if w.can[feature] == "supported"}


def lifecycle(w, rules):
    """What is left of them where the row lacks some: no condition is left out, nor an empty rule made."""
    kept = []
    for rule in rules:
        rule = {**{"Filter": {"Prefix": ""}}, **rule}
        if w.can["lifecycle-size"] != "supported" and "ObjectSizeGreaterThan" in rule["Filter"]:
            continue
        if w.can["lifecycle-classes"] != "supported":
            rule.pop("Transitions", None)
        if w.can["lifecycle-abort"] != "supported":
            rule.pop("AbortIncompleteMultipartUpload", None)
        if len(rule) > 3:
            kept.append(rule)
    return kept or None


def plain(feature, got):
    """A reply of boto3, without what says nothing."""
    if isinstance(got, str):
        return None
    if feature == "versions":
        return got.get("Status")
    if feature == "bucket-encryption":
        return got["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    if feature == "bucket-tagging":
        return {tag["Key"]: tag["Value"] for tag in got["TagSet"]}
    if feature == "lifecycle":
        rules = [dict(rule, Filter={"Prefix": ""} if not rule.get("Filter") else rule["Filter"]) for rule in got["Rules"]]
        return sorted((dict(rule, Transitions=sorted(rule["Transitions"], key=lambda one: one["Days"])) if "Transitions" in rule else rule for rule in rules), key=lambda rule: rule["ID"])
    if feature == "cors":
        return [{name: sorted(value) if isinstance(value, list) else value for name, value in rule.items()} for rule in got["CORSRules"]]
    if feature == "public-access":
        return got["PublicAccessBlockConfiguration"]
    if feature == "ownership":
        return got["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
    if feature == "policy":
        return re.findall('"Sid" *: *"(larder-[^"]*)"', got["Policy"])
    return got["ReplicationConfiguration"]


def check_strategy(w):
    want = strategy(w)
    for (bucket, feature), value in want.items():
        got = plain(feature, w.settings(bucket)[feature])
        want_value = sorted(value, key=lambda rule: rule["ID"]) if feature == "lifecycle" and value else value
        assert got == want_value, "%s %s\nwant %s\nhave %s" % (bucket, feature, want_value, got)
    return len(want)


# ---- applied once

def applied_once(name, least):
    w = world(name)
    w.empty()
    lines = w.infra("plan", "--detailed-exitcode", code=10)
    assert not w.writes() and w.there() == [], w.writes()
    w.infra("apply")
    w.check_in_turn()
    assert w.there() == sorted(w.buckets)
    assert check_strategy(w) >= least
    assert w.marks("--detailed-exitcode") == []
    done = [line for line in w.infra("apply") if line["type"] == "counts"][0]
    assert w.writes() == [] and (done["created"], done["updated"]) == (0, 0), (w.writes(), done)
    return w, [line for line in lines if line["type"] == "change" and line["change"] == "unsupported"]


def test_live_infra_minio():
    applied_once("minio", 11)


def test_live_infra_versitygw():
    applied_once("versitygw", 10)


def test_live_infra_moto():
    """c-dangers 14: a rule whose condition moto would lose is not sent, and with it would be for all objects."""
    w, _ = applied_once("moto", 20)
    assert "ObjectSizeGreaterThan" not in str(w.settings(IMAGES)) and "GLACIER_IR" not in str(w.settings(IMAGES))


def test_live_infra_aws():
    """D1, F1 exactly as the strategy."""
    applied_once("aws", 25)


# ---- each drift

def rules_of(w, bucket):
    return w.client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


def with_rules(bucket, edit):
    def drift(w):
        rules = rules_of(w, bucket)
        edit(rules, [rule["ID"] for rule in rules])
        w.client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    return drift


def rule_set(bucket, identity, **values):
    """Values of a rule; None takes one away."""
    def edit(rules, names):
        rule = rules[names.index(identity)]
        for name, value in values.items():
            rule.pop(name, None)
            if value is not None:
                rule[name] = value
    return with_rules(bucket, edit)


def cors_set(**values):
    def drift(w):
        rules = w.client.get_bucket_cors(Bucket=IMAGES)["CORSRules"]
        rules[0].update(values)
        w.client.put_bucket_cors(Bucket=IMAGES, CORSConfiguration={"CORSRules": rules})
    return drift


def block_set(flag):
    flags = {name: name != flag for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}
    return lambda w: w.client.put_public_access_block(Bucket=UPLOADS, PublicAccessBlockConfiguration=flags)


def tags_set(bucket, **tags):
    return lambda w: w.client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]})


def copies_set(edit):
    def drift(w):
        found = w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"]
        edit(found, found["Rules"][0])
        w.client.put_bucket_replication(Bucket=IMAGES, ReplicationConfiguration=found)
    return drift


def policy_set(change):
    def drift(w):
        text = w.client.get_bucket_policy(Bucket=LOGS)["Policy"]
        assert change[0] in text, text
        w.client.put_bucket_policy(Bucket=LOGS, Policy=text.replace(*change))
    return drift


def versioning_set(bucket):
    return lambda w: w.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def call(operation, bucket, **words):
    return lambda w: getattr(w.client, operation)(Bucket=bucket, **words)


UP, MOVE = "rule[expire_old_versions]", "rule[transition_to_glacier]"
# feature that the row must have, what is done behind our back, what plan finds
DRIFTS = [
    ("versions", versioning_set(IMAGES), (IMAGES, "versioning", "update")),
    ("bucket-tagging", tags_set(IMAGES, Name="Other", Environment="production"), (IMAGES, "tag[Name]", "update")),
    ("bucket-tagging", tags_set(IMAGES, Name="Generated Images"), (IMAGES, "tag[Environment]", "create")),
    ("lifecycle", rule_set(UPLOADS, "expire_old_versions", Status="Disabled"), (UPLOADS, UP + ".status", "update")),
    ("lifecycle", rule_set(UPLOADS, "expire_old_versions", NoncurrentVersionExpiration={"NoncurrentDays": 31}), (UPLOADS, UP + ".expire-noncurrent", "update")),
    ("lifecycle", rule_set(UPLOADS, "expire_old_versions", Filter={"Prefix": "a/"}), (UPLOADS, UP + ".prefix", "remove")),
    ("lifecycle", rule_set(UPLOADS, "expire_old_versions", Filter={"Tag": {"Key": "a", "Value": "b"}}), (UPLOADS, UP + ".tag", "remove")),
    ("lifecycle", rule_set(UPLOADS, "expire_old_versions", Expiration={"Days": 9}), (UPLOADS, UP + ".expire", "remove")),
    ("lifecycle", rule_set(LOGS, "expire_after_30_days", Expiration={"Days": 29}), (LOGS, "rule[expire_after_30_days].expire", "update")),
    ("lifecycle-size", rule_set(IMAGES, "transition_to_glacier", Filter={"ObjectSizeGreaterThan": 1}), (IMAGES, MOVE + ".larger-than", "update")),
    ("lifecycle-size", rule_set(IMAGES, "transition_to_glacier", Filter={"Prefix": ""}), (IMAGES, MOVE + ".larger-than", "create")),
    ("lifecycle-classes aws", rule_set(IMAGES, "transition_to_glacier", Transitions=[{"Days": 31, "StorageClass": "GLACIER_IR"}, {"Days": 120, "StorageClass": "DEEP_ARCHIVE"}]),
     (IMAGES, MOVE + ".transition[GLACIER_IR].days", "update")),
    ("lifecycle-classes aws", rule_set(IMAGES, "transition_to_glacier", Transitions=[{"Days": 30, "StorageClass": "GLACIER_IR"}]),
     (IMAGES, MOVE + ".transition[DEEP_ARCHIVE].days", "create")),
    ("lifecycle-classes aws", rule_set(IMAGES, "transition_to_glacier", Transitions=[{"Days": 9, "StorageClass": "STANDARD_IA"}, {"Days": 30, "StorageClass": "GLACIER_IR"}, {"Days": 120, "StorageClass": "DEEP_ARCHIVE"}]),
     (IMAGES, MOVE + ".transition[STANDARD_IA].days", "remove")),
    ("lifecycle-abort", rule_set(MODELS, "abort-uploads", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 8}), (MODELS, "rule[abort-uploads].abort-uploads", "update")),
    ("cors", cors_set(AllowedOrigins=["https://pingvas.studio"]), (IMAGES, "cors[studio].origin[https://www.pingvas.studio]", "create")),
    ("cors", cors_set(AllowedMethods=["GET", "HEAD", "PUT"]), (IMAGES, "cors[studio].method[PUT]", "remove")),
    ("cors", cors_set(AllowedHeaders=["*", "x-more"]), (IMAGES, "cors[studio].header[x-more]", "remove")),
    ("cors", cors_set(ExposeHeaders=["etag"]), (IMAGES, "cors[studio].expose[etag]", "remove")),
    ("cors", cors_set(MaxAgeSeconds=60), (IMAGES, "cors[studio].max-age", "update")),
    ("public-access", block_set("BlockPublicAcls"), (UPLOADS, "public-access", "update")),
    ("public-access", block_set("IgnorePublicAcls"), (UPLOADS, "public-access", "update")),
    ("public-access", block_set("BlockPublicPolicy"), (UPLOADS, "public-access", "update")),
    ("public-access", block_set("RestrictPublicBuckets"), (UPLOADS, "public-access", "update")),
    ("public-access", call("delete_public_access_block", UPLOADS), (UPLOADS, "public-access", "create")),
    ("bucket-encryption-kms", call("put_bucket_encryption", UPLOADS, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}),
     (UPLOADS, "encryption", "update")),
    ("bucket-encryption", call("delete_bucket_encryption", UPLOADS), (UPLOADS, "encryption", "create")),
    ("ownership", call("put_bucket_ownership_controls", LOGS, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}), (LOGS, "ownership", "update")),
    ("policy", policy_set(("Deny", "Allow")), (LOGS, "tls-only", "update")),
    ("policy", policy_set((LOGS + "/*", LOGS + "/a*")), (LOGS, "tls-only", "update")),
    ("policy", call("delete_bucket_policy", LOGS), (LOGS, "tls-only", "create")),
    ("replication", copies_set(lambda all, rule: all.update(Role=ROLE + "s")), (IMAGES, "role", "update")),
    ("replication", copies_set(lambda all, rule: rule.update(Status="Disabled")), (IMAGES, "rule[ReplicateToTokyo].status", "update")),
    ("replication", copies_set(lambda all, rule: rule.update(Priority=2)), (IMAGES, "rule[ReplicateToTokyo].priority", "update")),
    ("replication", copies_set(lambda all, rule: rule.update(DeleteMarkerReplication={"Status": "Enabled"})), (IMAGES, "rule[ReplicateToTokyo].delete-markers", "update")),
    ("replication", copies_set(lambda all, rule: rule["Destination"].update(StorageClass="STANDARD")), (IMAGES, "rule[ReplicateToTokyo].class", "update")),
    ("replication", copies_set(lambda all, rule: rule["Destination"].update(Bucket="arn:aws:s3:::" + LOGS)), (IMAGES, "rule[ReplicateToTokyo].to", "update")),
    ("replication", copies_set(lambda all, rule: rule["Destination"]["Metrics"].update(Status="Disabled")), (IMAGES, "rule[ReplicateToTokyo].within-seconds", "update")),
    ("replication", copies_set(lambda all, rule: rule["Destination"].pop("ReplicationTime")), (IMAGES, "rule[ReplicateToTokyo].within-seconds", "create")),
]


def drifted(name, least):
    w, tried = world(name), 0
    w.fresh()
    before = {bucket: w.settings(bucket) for bucket in w.buckets}
    for needs, drift, found in DRIFTS:
        feature, _, alone = needs.partition(" ")
        if w.can[feature] != "supported" or alone not in ("", name):
            continue
        drift(w)
        marks = w.marks()
        assert marks == [found], (found, marks)
        w.infra("apply")
        changed = {urllib.parse.urlsplit(path).path.strip("/") for _, path in w.writes()}
        assert changed == {found[0]} and len(w.writes()) == 1, (found, w.writes())
        check_strategy(w)
        tried += 1
    after = {bucket: {feature: plain(feature, value) for feature, value in w.settings(bucket).items()} for bucket in w.buckets}
    assert after == {bucket: {feature: plain(feature, value) for feature, value in all.items()} for bucket, all in before.items()}
    assert tried >= least, tried


def test_live_infra_drift_minio():
    drifted("minio", 14)


def test_live_infra_drift_versitygw():
    drifted("versitygw", 12)


def test_live_infra_drift_aws():
    drifted("aws", 38)


# ---- what others set

def test_live_infra_role_of_its_own():
    """A replication without a role has one made, with rights for its two buckets alone; kept so, and gone with it."""
    w = world("aws")
    w.fresh()
    iam, name = w.server.client("iam"), "larder-copies-" + IMAGES
    plain = open(w.config).read()
    change(w.config, ("id = ReplicateToTokyo\nrole = %s\n" % ROLE, "id = ReplicateToTokyo\n"))
    try:
        assert w.marks("--detailed-exitcode", code=10) == [(IMAGES, "role", "update")]
        w.infra("apply")
        role = iam.get_role(RoleName=name)["Role"]
        assert role["AssumeRolePolicyDocument"]["Statement"] == [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}], role
        rights = iam.get_role_policy(RoleName=name, PolicyName="larder")["PolicyDocument"]
        from_, to = "arn:aws:s3:::" + IMAGES, "arn:aws:s3:::" + REPLICA
        assert rights["Statement"] == [
            {"Effect": "Allow", "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": [from_]},
            {"Effect": "Allow", "Action": ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"], "Resource": [from_ + "/*"]},
            {"Effect": "Allow", "Action": ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], "Resource": [to + "/*"]}], rights
        assert w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"]["Role"] == role["Arn"]
        w.infra("apply")
        assert w.writes() == []
        iam.put_role_policy(RoleName=name, PolicyName="larder", PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}')
        assert w.marks("--detailed-exitcode", code=10) == [(IMAGES, "role", "update")]
        w.infra("apply")
        assert iam.get_role_policy(RoleName=name, PolicyName="larder")["PolicyDocument"] == rights
        w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/images")
        assert [one["RoleName"] for one in iam.list_roles()["Roles"] if one["RoleName"] == name] == [], iam.list_roles()
    finally:
        with open(w.config, "w") as file:
            file.write(plain)
    w.fresh()


def test_live_infra_keys_of_both_sides():
    """A bucket with a key is copied under a key of the other side: the rule says so, and the role that is made may use both, by S3 alone. Another key is another right; without keys, none."""
    w = world("aws")
    w.fresh()
    own, other, theirs = ("arn:aws:kms:%s:123456789012:key/%s" % one for one in (("ap-northeast-2", "1111"), ("ap-northeast-2", "3333"), ("ap-northeast-1", "2222")))
    iam, name = w.server.client("iam"), "larder-copies-" + IMAGES
    plain = open(w.config).read()
    images, replica = ("bucket = %s\nversioning = yes\nencryption = AES256" % bucket for bucket in (IMAGES, REPLICA))

    def set_keys(*keys):
        with open(w.config, "w") as file:
            file.write(plain.replace("id = ReplicateToTokyo\nrole = %s\n" % ROLE, "id = ReplicateToTokyo\n"))
        for line, key in zip((images, replica), keys):
            change(w.config, (line, line.replace("AES256", "aws:kms " + key if key else "AES256")))

    def keyed():
        """(rights that concern keys, who selects, key of the copies)."""
        statements = iam.get_role_policy(RoleName=name, PolicyName="larder")["PolicyDocument"]["Statement"]
        rule = w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"]["Rules"][0]
        return [one for one in statements if "kms" in str(one)], rule.get("SourceSelectionCriteria"), rule["Destination"].get("EncryptionConfiguration")

    def decrypt(resource, **aliases):
        return {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [resource], "Condition": {"StringEquals": {"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}, **aliases}}

    encrypt = {"Effect": "Allow", "Action": ["kms:Encrypt"], "Resource": [theirs], "Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}
    selects = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    try:
        for key, right in ((own, decrypt(own)), (other, decrypt(other)),
                           ("alias/my-key", decrypt("arn:aws:kms:ap-northeast-2:*:key/*", **{"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/my-key"}}))):
            set_keys(key, theirs)
            w.infra("apply")
            assert keyed() == ([right, encrypt], selects, {"ReplicaKmsKeyID": theirs}), keyed()
            assert w.marks("--detailed-exitcode") == []
            w.infra("apply")
            assert w.writes() == []
        for change_it, found in ((lambda all, rule: rule.pop("SourceSelectionCriteria"), ("encrypted", "create")),
                                 (lambda all, rule: rule["SourceSelectionCriteria"].update(ReplicaModifications={"Status": "Disabled"}), None),
                                 (lambda all, rule: rule["Destination"]["EncryptionConfiguration"].update(ReplicaKmsKeyID=own), ("key", "update"))):
            copies_set(change_it)(w)
            # the rights are for the key of the rule: another one is otherwise
            marks = {(path, mark) for _, path, mark in w.marks()}
            assert marks - {("role", "update")} == ({("rule[ReplicateToTokyo].%s" % found[0], found[1])} if found else set()), (found, marks)
            w.infra("apply")
            assert keyed()[2] == {"ReplicaKmsKeyID": theirs} and keyed()[1]["SseKmsEncryptedObjects"] == {"Status": "Enabled"}, keyed()
        assert keyed()[1]["ReplicaModifications"] == {"Status": "Disabled"}                 # somebody else's stays
        copies_set(lambda all, rule: rule["SourceSelectionCriteria"].pop("ReplicaModifications"))(w)
        set_keys(None, theirs)
        w.infra("apply")
        assert keyed() == ([encrypt], None, {"ReplicaKmsKeyID": theirs}), keyed()
        set_keys(None, None)
        w.infra("apply")
        assert keyed() == ([], None, None), keyed()
        set_keys(own, None)
        told = [line for line in larder("infra", "plan", "--json", env=w.env).lines() if line["type"] == "error"][0]
        assert told["exit"] == 2 and "images-replica" in told["message"] and "has none" in told["message"], told
        set_keys(own, "alias/not-an-arn")
        told = [line for line in w.infra("plan") if line.get("change") == "unsupported" and line["resource"] == "replication"]
        assert any("ARN" in (line.get("why") or "") for line in told), told
    finally:
        with open(w.config, "w") as file:
            file.write(plain)
    w.fresh()


def test_live_infra_others_keep_theirs():
    """c-I03: a number of ours changes; rules, tags, statements and a size of others, with elements that we have no line for, are sent back as they were."""
    w = world("aws")
    w.fresh()
    theirs = {"ID": "theirs", "Status": "Enabled", "Filter": {"And": {"Prefix": "t/", "ObjectSizeLessThan": 99, "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}]}},
              "Expiration": {"ExpiredObjectDeleteMarker": True}, "NoncurrentVersionExpiration": {"NoncurrentDays": 5, "NewerNoncurrentVersions": 3},
              "NoncurrentVersionTransitions": [{"NoncurrentDays": 3, "StorageClass": "GLACIER"}]}
    w.client.put_bucket_lifecycle_configuration(Bucket=UPLOADS, LifecycleConfiguration={"Rules": rules_of(w, UPLOADS) + [theirs]}, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    tags_set(IMAGES, Name="Generated Images", Environment="production", Owner="them")(w)
    other = [{"AllowedOrigins": ["https://other"], "AllowedMethods": ["PUT"]}]
    w.client.put_bucket_cors(Bucket=IMAGES, CORSConfiguration={"CORSRules": other + w.client.get_bucket_cors(Bucket=IMAGES)["CORSRules"]})
    statement = '{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":["s3:GetObject"],"Resource":"arn:aws:s3:::%s/x"}' % LOGS
    w.client.put_bucket_policy(Bucket=LOGS, Policy=w.client.get_bucket_policy(Bucket=LOGS)["Policy"].replace('"Statement":[', '"Statement":[%s,' % statement))
    assert {mark for _, _, mark in w.marks("--detailed-exitcode")} == {"unmanaged"}
    w.infra("apply")
    assert w.writes() == []
    for drift in (rule_set(UPLOADS, "expire_old_versions", NoncurrentVersionExpiration={"NoncurrentDays": 31}), policy_set(("Deny", "Allow"))):
        found = w.client.get_bucket_lifecycle_configuration(Bucket=UPLOADS)
        drift(w)
        w.client.put_bucket_lifecycle_configuration(Bucket=UPLOADS, LifecycleConfiguration={"Rules": rules_of(w, UPLOADS)}, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    cors = w.client.get_bucket_cors(Bucket=IMAGES)["CORSRules"]
    cors[1]["MaxAgeSeconds"] = 5
    w.client.put_bucket_cors(Bucket=IMAGES, CORSConfiguration={"CORSRules": cors})
    tags_set(IMAGES, Name="Drifted", Environment="production", Owner="them")(w)
    w.infra("apply")
    found = w.client.get_bucket_lifecycle_configuration(Bucket=UPLOADS)
    assert theirs in found["Rules"] and found["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class", found
    assert plain("bucket-tagging", w.settings(IMAGES)["bucket-tagging"]) == {"Name": "Generated Images", "Environment": "production", "Owner": "them"}
    assert other[0] in w.client.get_bucket_cors(Bucket=IMAGES)["CORSRules"] and w.client.get_bucket_cors(Bucket=IMAGES)["CORSRules"][1]["MaxAgeSeconds"] == 3600
    assert statement in w.client.get_bucket_policy(Bucket=LOGS)["Policy"] and '"Deny"' in w.client.get_bucket_policy(Bucket=LOGS)["Policy"]
    w.infra("apply", "--adopt")
    check_strategy(w)
    assert '"Theirs"' in w.client.get_bucket_policy(Bucket=LOGS)["Policy"]


def test_live_infra_versioning_of_others_stays():
    """A bucket that had versions cannot be one without again: nobody declared it here, and --adopt leaves it, too."""
    w = world("aws")
    w.fresh()
    w.client.put_bucket_versioning(Bucket=LOGS, VersioningConfiguration={"Status": "Enabled"})
    w.infra("apply", "--adopt")
    assert w.writes() == [] and w.ask("get_bucket_versioning", LOGS)["Status"] == "Enabled"


def test_live_infra_days_none_and_all_objects():
    """c-D11: 0 days are sent, for all objects, and the second plan is empty."""
    w = world("aws")
    change(w.config, ("transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\nlarger-than = 128KiB", "transition = 0d GLACIER_IR, 90d DEEP_ARCHIVE\n; larger-than"))
    try:
        w.fresh()
        rule = [rule for rule in rules_of(w, IMAGES) if rule["ID"] == "transition_to_glacier"][0]
        assert rule["Filter"] == {"Prefix": ""} and rule["Transitions"][1] == {"Days": 90, "StorageClass": "DEEP_ARCHIVE"} or rule["Transitions"][0]["Days"] == 90, rule
        assert {"Days": 0, "StorageClass": "GLACIER_IR"} in rule["Transitions"], rule
        assert w.marks("--detailed-exitcode") == []
    finally:
        change(w.config, ("transition = 0d GLACIER_IR, 90d DEEP_ARCHIVE\n; larger-than", "transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\nlarger-than = 128KiB"))


# ---- accidents

def test_live_infra_lost_answers():
    """c-I07: the answer to each creation and setting is lost; and a bucket that was there keeps what it has."""
    for name in ("minio", "versitygw", "aws"):
        w = world(name)
        w.empty()
        w.plan({"method": "PUT", "path": "^/[^?]*$", "nth": [1, 2, 3], "do": "drop-reply"}, {"method": "PUT", "path": r"\?", "nth": [1, 3, 5], "do": "drop-reply"})
        w.infra("apply")
        check_strategy(w)
        assert w.there() == sorted(w.buckets)
        assert w.marks("--detailed-exitcode") == []


def test_live_infra_made_before():
    w = world("aws")
    w.empty()
    w.client.create_bucket(Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    tags_set(LOGS, Mine="yes")(w)
    w.infra("apply")
    assert plain("bucket-tagging", w.settings(LOGS)["bucket-tagging"]) == {"Mine": "yes", "Kind": "logs"}
    assert ("PUT", "/" + LOGS) not in w.writes()
    w.client.delete_bucket_tagging(Bucket=LOGS)          # moto gives them to the next bucket of that name


def test_live_infra_another_one_is_under_way():
    """c-I02: 409 OperationAborted to the first setting of each bucket is waited out."""
    w = world("aws")
    w.empty()
    w.plan({"method": "PUT", "path": r"\?", "nth": [1, 2, 4, 7], "do": "reply", "code": "OperationAborted"})
    w.infra("apply")
    assert len([r for r in w.sent if r["status"] == 409]) == 4
    w.check_in_turn()
    check_strategy(w)


# ---- removed

def destroyed(name):
    w = world(name)
    w.fresh()
    w.client.put_object(Bucket=MODELS, Key="a", Body=b"bytes")
    version = w.client.put_object(Bucket=UPLOADS, Key="a", Body=b"bytes")["VersionId"]
    w.client.delete_object(Bucket=UPLOADS, Key="a")
    for words in (("plan",), ("apply",), ("show",), ("plan", "--adopt")):
        w.infra(*words)
    w.infra("destroy", "--environment", "pingvas-studio", code=5)
    assert w.there() == sorted((MODELS, UPLOADS))
    assert w.client.get_object(Bucket=MODELS, Key="a")["Body"].read() == w.client.get_object(Bucket=UPLOADS, Key="a", VersionId=version)["Body"].read() == b"bytes"
    for bucket in (MODELS, UPLOADS):
        found = w.client.list_object_versions(Bucket=bucket)
        for item in found.get("Versions", []) + found.get("DeleteMarkers", []):
            w.client.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
    w.infra("destroy", "--environment", "pingvas-studio")
    assert w.there() == []
    w.infra("destroy", "--environment", "pingvas-studio")
    assert w.writes() == []


def test_live_infra_destroyed_minio():
    destroyed("minio")


def test_live_infra_destroyed_versitygw():
    destroyed("versitygw")


def test_live_infra_destroyed_aws():
    destroyed("aws")


if __name__ == "__main__":
    run(sys.modules["__main__"])
