"""strategy_buckets.py: the pipeline that we ship on a server behind a proxy, what the strategy wants of its buckets in boto3's words, and each way in which somebody may have changed one.

    w = strategy_buckets.world("minio")
    lines = w.infra("apply")                 # and nothing left that the server's row does not have
    strategy_buckets.check_strategy(w)       # read back by boto3
    for needs, drift, found in strategy_buckets.DRIFTS: drift(w); assert w.marks() == [found]
"""
import datetime
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "lib")]
import backup_service  # noqa: E402
import cloudfront_service  # noqa: E402
import network  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
from folders import change  # noqa: E402
from tool import BUILD, HOME, larder  # noqa: E402

IMAGES, UPLOADS, MODELS, BACKUPS, LOGS, REPLICA = ["pingvas-studio-" + name for name in ("images", "uploads", "models", "backups", "logs", "images-replica-tokyo")]
ROLE = "arn:aws:iam::123456789012:role/copies"
FEATURE = {"versioning": "versions", "encryption": "bucket-encryption", "tagging": "bucket-tagging", "lifecycle": "lifecycle", "cors": "cors",
           "publicAccessBlock": "public-access", "ownershipControls": "ownership", "intelligent-tiering": "intelligent-tiering", "policy": "policy", "replication": "replication"}
STAYS = {"versioning", "encryption", "publicAccessBlock", "ownershipControls", "intelligent-tiering"}        # never with DELETE: some servers remove the bucket
WORLDS = {"minio": ("minio", "minio"), "versitygw": ("versitygw", "versitygw"), "moto": ("moto", "moto"), "aws": ("moto", "aws")}
REGION = "ap-northeast-2"                # us-east-1 is what no region means: none would be said there, whatever the row has
OPTIONS = {"minio": {"region": REGION, "insist": True}, "versitygw": {"region": REGION}, "aws": {"keeping": True}}


def table(row):
    lines = [line.split("\t") for line in subprocess.run([os.path.join(BUILD, "tests/live/s3-table")], text=True, stdout=subprocess.PIPE, check=True).stdout.splitlines()]
    return {words[0]: words[1 + lines[0][1:].index(row)] for words in lines[1:]}


def bucket_of(record):
    return record["path"].strip("/").partition("?")[0]


class World:
    """One server behind a proxy that remembers what was asked, and the pipeline that we ship, with a policy and a role added."""
    role = ROLE

    def __init__(self, name):
        server, self.row = WORLDS[name]
        self.name, self.server = name, servers.start(server, **OPTIONS.get(name, {}))
        self.can = table(self.row)
        self.client = self.server.client()
        self.between = proxy.Proxy(self.server.endpoint)
        self.plan()
        home = tempfile.mkdtemp(prefix=name, dir=HOME)
        self.config = servers.pipeline(os.path.join(home, "pipeline"))
        change(self.config, ("purpose = logs\n", "purpose = logs\ntls-only = yes\nownership = BucketOwnerEnforced\ntags = Kind=logs\n"), *self.changes())
        profile = os.path.join(home, "pipeline/profiles", self.server.profile + ".ini")
        if server == "minio":
            change(profile, ("region = us-east-1", "region = " + REGION))
        if server == "moto":                     # a network for the file system; and what moto mistakes has services of its own
            self.net = network.Network(self.server, REGION)
            self.cdn, self.backups = cloudfront_service.Service(), backup_service.Service()
            self.cdn.progress = 0
            change(profile, ("driver = backup\n", "driver = backup\nendpoint = %s\n" % self.front(self.backups.endpoint)),
                   ("driver = cloudfront\n", "driver = cloudfront\nendpoint = %s\n" % self.front(self.cdn.endpoint)), ("server = aws\nregion = ap", "server = %s\nregion = ap" % self.row))
        self.env = dict(self.server.environment(self.between.endpoint), LARDER_CONFIG=self.config, LARDER_PROFILE=self.server.profile,
                        MINIO_ROOT_USER=self.server.access_key, MINIO_ROOT_PASSWORD=self.server.secret_key, LARDER_ROOT=os.path.join(home, "files"))
        self.buckets = [name for name in (IMAGES, UPLOADS, MODELS, BACKUPS, LOGS, REPLICA) if name != BACKUPS or server == "moto"]

    def changes(self):
        """Of the pipeline."""
        return (("id = ReplicateToTokyo\n", "id = ReplicateToTokyo\nrole = %s\n" % ROLE), ("plan = efs-models", "role = %s\nplan = efs-models" % ROLE))

    @staticmethod
    def front(endpoint):
        """Where a service that stands in is asked."""
        return endpoint

    def plan(self, *rules):
        self.between.plan(rules)

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
            if (record["method"], path, names, WORLDS[self.name][0]) == ("GET", "/", {"prefix", "max-buckets"}, "moto"):        # whose is one that may not be looked at?
                continue
            names -= {"id"} if "intelligent-tiering" in names else set()
            assert path.count("/") == 1 and path != "/", record
            if record["method"] == "GET" and names == {"versions", "encoding-type", "max-keys"}:       # does it hold anything? asked before what is set up for it goes
                names = {"versioning"}
            if record["method"] == "GET" and names == {"uploads", "encoding-type", "max-uploads"}:     # nor an upload that nobody ended
                assert self.can["uploads-list"] in ("supported", "ignored"), record
                continue
            assert names <= set(FEATURE) and len(names) <= 1, record
            assert all(self.can[FEATURE[name]] == "supported" for name in names), (self.row, record)
            assert record["method"] in ("GET", "HEAD", "PUT", "DELETE") and not (record["method"] == "DELETE" and names & STAYS), record
            assert record["method"] != "PUT" or names or record["body_bytes"] == 0 or self.can["bucket-location"] == "supported", record
            assert not [name for name, _ in record["headers"] if name.lower().startswith(("x-minio", "x-amz-acl", "x-amz-grant"))], record

    def check_in_turn(self):
        """Danger 16, c-I02: of one bucket no change is asked for before the one before it was answered."""
        last = {}
        for record in self.changing():
            assert record["at"] >= last.get(bucket_of(record), 0), record
            last[bucket_of(record)] = record["done"]

    def changing(self):
        return sorted((r for r in self.sent if r["method"] in ("PUT", "DELETE")), key=lambda r: r["number"])

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
            if WORLDS[self.name][0] == "moto":           # gives them to the next bucket of that name
                self.client.delete_bucket_tagging(Bucket=bucket)
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
    want[IMAGES, "policy"] = ["larder-reader-images"] if "supported" in (w.can["policy-readers"], w.can["policy-secret"]) else None
    want[IMAGES, "replication"] = {"Role": w.role, "Rules": [{
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
TOKYO, NEWEST, SOME_DAY = "rule[ReplicateToTokyo]", {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3}, datetime.datetime(2040, 1, 1)
OTHER = {"Account": "210987654321", "AccessControlTranslation": {"Owner": "Destination"}}


def beyond(rule, *elements):
    """What no line of its own tells."""
    return tuple("%s.other[%s]" % (rule, element) for element in elements)


def without_time(all_rules, rule):
    rule["Destination"].pop("ReplicationTime")
    rule["Destination"].pop("Metrics")


def marked(found):
    """The marks of a drift: (bucket, path, how) each."""
    bucket, paths, how = found
    return [(bucket, path, how) for path in ((paths,) if isinstance(paths, str) else sorted(paths))]


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
    ("lifecycle aws", rule_set(UPLOADS, "expire_old_versions", Filter={"And": {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]}}), (UPLOADS, UP + ".tag", "remove")),
    ("lifecycle aws", rule_set(UPLOADS, "expire_old_versions", Filter={"ObjectSizeLessThan": 99}), (UPLOADS, beyond(UP, "Filter/ObjectSizeLessThan"), "remove")),
    ("lifecycle aws", rule_set(UPLOADS, "expire_old_versions", NoncurrentVersionExpiration=NEWEST), (UPLOADS, beyond(UP, "NoncurrentVersionExpiration/NewerNoncurrentVersions"), "remove")),
    ("lifecycle aws", rule_set(UPLOADS, "expire_old_versions", NoncurrentVersionTransitions=[{"NoncurrentDays": 3, "StorageClass": "GLACIER"}]),
     (UPLOADS, beyond(UP, "NoncurrentVersionTransition/NoncurrentDays", "NoncurrentVersionTransition/StorageClass"), "remove")),
    ("lifecycle aws", rule_set(UPLOADS, "expire_old_versions", Expiration={"ExpiredObjectDeleteMarker": True}), (UPLOADS, beyond(UP, "Expiration/ExpiredObjectDeleteMarker"), "remove")),
    ("lifecycle aws", rule_set(UPLOADS, "expire_old_versions", Expiration={"Date": SOME_DAY}), (UPLOADS, beyond(UP, "Expiration/Date"), "remove")),
    ("lifecycle aws", rule_set(UPLOADS, "expire_old_versions", Transitions=[{"Date": SOME_DAY, "StorageClass": "GLACIER"}]), (UPLOADS, beyond(UP, "Transition/Date", "Transition/StorageClass"), "remove")),
    ("lifecycle-size", rule_set(IMAGES, "transition_to_glacier", Filter={"And": {"ObjectSizeGreaterThan": 131072, "ObjectSizeLessThan": 999999}}),
     (IMAGES, beyond(MOVE, "Filter/And/ObjectSizeLessThan"), "remove")),
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
    ("replication", copies_set(without_time), (IMAGES, "rule[ReplicateToTokyo].within-seconds", "create")),
    ("replication", copies_set(lambda all, rule: rule.update(Filter={"Prefix": "a/"})), (IMAGES, TOKYO + ".prefix", "remove")),
    ("replication", copies_set(lambda all, rule: rule.update(Filter={"Tag": {"Key": "a", "Value": "b"}})), (IMAGES, TOKYO + ".tag", "remove")),
    ("replication", copies_set(lambda all, rule: rule.update(Filter={"And": {"Prefix": "", "Tags": [{"Key": "a", "Value": ""}, {"Key": "c", "Value": "d"}]}})),
     (IMAGES, TOKYO + ".tag", "remove")),
    ("replication", copies_set(lambda all, rule: rule.update(SourceSelectionCriteria={"ReplicaModifications": {"Status": "Enabled"}})),
     (IMAGES, beyond(TOKYO, "SourceSelectionCriteria/ReplicaModifications/Status"), "remove")),
    ("replication", copies_set(lambda all, rule: rule.update(ExistingObjectReplication={"Status": "Enabled"})), (IMAGES, beyond(TOKYO, "ExistingObjectReplication/Status"), "remove")),
    ("replication", copies_set(lambda all, rule: rule["Destination"].update(OTHER)), (IMAGES, beyond(TOKYO, "Destination/AccessControlTranslation/Owner", "Destination/Account"), "remove")),
]
