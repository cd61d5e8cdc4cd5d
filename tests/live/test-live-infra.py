#!/usr/bin/env python3
"""test-live-infra.py: the buckets of the strategy on real servers, and as boto3 sees them: applied, and written no second time; each setting
drifted, found and mended; what others set left alone; nothing sent that the server's row does not have; removed without a trace, but for what
holds an object. moto stands for AWS, with a lifecycle that comes back as it was put (tests/lib/moto_keeping.py), and for itself."""
import datetime
import json
import os
import re
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from strategy_buckets import (  # noqa: E402
    BACKUPS, DRIFTS, IMAGES, LOGS, MODELS, REGION, REPLICA, ROLE, UPLOADS, bucket_of, change, check_strategy, copies_set, cors_set, marked, plain, policy_set, rule_set, rules_of, tags_set, world)
from tool import BUILD, SLOW, SRC, larder, run  # noqa: E402



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
        assert marks == marked(found), (found, marks)
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
        all_rights = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
        iam.put_role_policy(RoleName=name, PolicyName="larder", PolicyDocument=all_rights)
        assert w.marks("--detailed-exitcode", code=10) == [(IMAGES, "role", "update")]
        w.infra("apply")
        assert iam.get_role_policy(RoleName=name, PolicyName="larder")["PolicyDocument"] == rights
        same = {**rights, "Statement": [{name: value[::-1] if isinstance(value, list) else [value] if name == "Action" else value for name, value in one.items()} for one in rights["Statement"][::-1]]}
        iam.put_role_policy(RoleName=name, PolicyName="larder", PolicyDocument=json.dumps(same))
        assert w.marks("--detailed-exitcode") == []                         # lists and statements in another order
        everything = iam.create_policy(PolicyName="everything", PolicyDocument=all_rights)["Policy"]["Arn"]
        for give in (lambda: iam.put_role_policy(RoleName=name, PolicyName="theirs", PolicyDocument=all_rights), lambda: iam.attach_role_policy(RoleName=name, PolicyArn=everything)):
            give()
            assert w.marks("--detailed-exitcode", code=10) == [(IMAGES, "role", "update")]
            w.infra("apply")
            assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["larder"] and iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
            w.infra("apply")
            assert w.writes() == []
        iam.attach_role_policy(RoleName=name, PolicyArn=everything)
        w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/images")
        iam.delete_policy(PolicyArn=everything)
        held = [r["path"] for r in w.sent if r["method"] == "GET" and r["path"].startswith("/%s?" % IMAGES) and "max-keys" in r["path"]]
        assert [path.split("max-keys=")[1] for path in held] == ["1", "1000"], held       # the plan for all of it, and then replication and access for both
        assert [one["RoleName"] for one in iam.list_roles()["Roles"] if one["RoleName"] == name] == [], iam.list_roles()
    finally:
        with open(w.config, "w") as file:
            file.write(plain)
    w.fresh()


def test_live_infra_roles_of_long_names():
    """A bucket may have 63 characters and a role 64: what would be longer ends with a digest. All who say the name say the same, and two buckets that begin alike have two."""
    w = world("aws")
    w.fresh()
    iam, plain = w.server.client("iam"), open(w.config).read()
    found = {}
    try:
        for bucket in (IMAGES + "-" + "x" * 28, IMAGES + "-" + "x" * 29, IMAGES + "-" + "x" * 40, IMAGES + "-" + "x" * 39 + "y"):
            with open(w.config, "w") as file:
                file.write(plain)
            change(w.config, ("id = ReplicateToTokyo\nrole = %s\n" % ROLE, "id = ReplicateToTokyo\n"), ("bucket = %s\n" % IMAGES, "bucket = %s\n" % bucket))
            w.infra("apply", "--only", "store/images")
            w.infra("apply", "--only", "store/images")
            assert w.writes() == [], w.writes()
            role = w.client.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Role"].split("/")[-1]
            assert role in [one["RoleName"] for one in iam.list_roles()["Roles"]] and len(role) <= 64, role
            assert "role/%s\"" % role in larder("infra", "policy", "operator", env=w.env).out, role
            w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/images")
            assert role not in [one["RoleName"] for one in iam.list_roles()["Roles"]]
            found[bucket] = role
    finally:
        with open(w.config, "w") as file:
            file.write(plain)
    assert ["larder-copies-" + bucket == role for bucket, role in found.items()] == [True, False, False, False] and len(set(found.values())) == 4, found
    w.fresh()


def test_live_infra_buckets_that_are_called_as_none_can_be_any_more():
    """What was made before S3 had its rule is planned, read and set up as any other; where it is not there, nothing at all is made."""
    w = world("aws")
    w.fresh()
    old, before = "Pingvas_Studio.xn--", open(w.config).read()
    try:
        change(w.config, ("bucket = %s\n" % UPLOADS, "bucket = %s\n" % old))
        w.client.delete_bucket(Bucket=UPLOADS)
        for words in (("infra", "plan"), ("infra", "apply"), ("config", "check")):
            asked = len(w.between.requests)
            got = larder(*words, env=w.env)
            assert got.code == 2 and "'%s' of bucket in [store \"uploads\"]" % old in got.err and "larder.ini:" in got.err, (words, got.code, got.err)
            assert {record["method"] for record in w.between.requests[asked:] if record["path"].lower().startswith("/pingvas")} <= {"GET", "HEAD"}
        w.client.create_bucket(Bucket=old, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
        assert (old, "versioning", "update") in w.marks() or (old, "versioning", "create") in w.marks(), w.marks()
        w.infra("apply")
        w.infra("apply")
        assert w.writes() == [], w.writes()
        w.client.put_object(Bucket=old, Key="a", Body=b"b")
        got = larder("cat", "uploads:a", env=w.env)
        assert (got.code, got.out) == (0, "b"), (got.code, got.err)
    finally:
        with open(w.config, "w") as file:
            file.write(before)
    w.empty()


def test_live_infra_copies_of_somebody_else():
    """A rule that nobody here declared is not taken along when ours goes, nor left without its role: told by name, and all stays."""
    w = world("aws")
    w.fresh()
    w.infra("apply")
    ours = w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"]
    theirs = {"ID": "theirs", "Priority": 7, "Status": "Enabled", "Filter": {"Prefix": "t/"}, "DeleteMarkerReplication": {"Status": "Disabled"},
              "Destination": {"Bucket": "arn:aws:s3:::" + REPLICA}}
    w.client.put_bucket_replication(Bucket=IMAGES, ReplicationConfiguration={**ours, "Rules": [*ours["Rules"], theirs]})
    there = w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"]
    lines = w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/images", code=5)
    failed, = [line for line in lines if line.get("step") == "failed"]
    assert failed["resource"] == "replication" and "rule[theirs]" in json.dumps(failed), failed
    assert w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"] == there and w.writes() == [], w.writes()
    w.infra("apply", "--adopt")
    assert w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"] == ours
    w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/images")
    assert IMAGES not in w.there()


def test_live_infra_asked_for_no_more():
    """A store that says `replication`, `tls-only` or `cdn` no longer: what was made for it goes, with its role, and nothing else; before and after it no line tells of what is not there."""
    w = world("aws")
    iam, name = w.server.client("iam"), "larder-copies-" + IMAGES
    plain = open(w.config).read()
    change(w.config, ("id = ReplicateToTokyo\nrole = %s\n" % ROLE, "id = ReplicateToTokyo\n"))
    w.fresh()
    theirs = {"Sid": "theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::%s/*" % LOGS, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policy = json.loads(w.client.get_bucket_policy(Bucket=LOGS)["Policy"])
    w.client.put_bucket_policy(Bucket=LOGS, Policy=json.dumps({**policy, "Statement": [*policy["Statement"], theirs]}))
    try:
        change(w.config, ("replication = tokyo\n", ""), ("tls-only = yes\n", ""))
        marks = w.marks("--detailed-exitcode", code=10)
        assert [(bucket, path.partition("[")[0], mark) for bucket, path, mark in marks] == [
            (LOGS, "statement", "unmanaged"), (LOGS, "tls-only", "remove"), (IMAGES, "own-role", "remove"), (IMAGES, "own", "remove")], marks
        asked = [(r["method"], r["path"]) for r in w.sent if r["path"].startswith("/" + MODELS)]
        assert ("GET", "/%s?policy=" % MODELS) in asked and ("GET", "/%s?replication=" % MODELS) in asked and [method for method, _ in asked].count("HEAD") == 1, asked
        kept, before = os.path.join(w.server.folder, "watched.plan"), len(w.between.requests)
        w.infra("plan", "-o", kept)
        w.plan({"method": "POST", "do": "keep"})
        w.infra("apply", kept)
        went = [r["path"] for r in w.between.requests[before:] if (r["method"] == "DELETE" and "?replication" in r["path"]) or b"Action=DeleteRole&" in r.get("body", b"")]
        assert len(went) == 2 and "replication" in went[1], went                # the role first: afterwards nothing tells of it
        assert w.ask("get_bucket_replication", IMAGES) == "ReplicationConfigurationNotFoundError" and name not in [one["RoleName"] for one in iam.list_roles()["Roles"]]
        assert json.loads(w.client.get_bucket_policy(Bucket=LOGS)["Policy"])["Statement"] == [theirs]
        lines = w.infra("apply")
        assert w.writes() == [] and lines[-1]["exit"] == 0, w.writes()
        whole = [(line["identity"], line["resource"]) for line in w.infra("plan", "--all") if line["type"] == "resource"]
        assert [what for what in whole if what[1] != "bucket"] == [(IMAGES, "access"), (LOGS, "access")], whole          # what a CDN reads, and a statement of somebody else
        w.client.delete_bucket_policy(Bucket=LOGS)
        whole = [(line["identity"], line["resource"]) for line in w.infra("show") if line["type"] == "resource"]
        assert [what for what in whole if what[1] != "bucket"] == [(IMAGES, "access")], whole
        with open(w.config, "w") as file:
            file.write(plain)
        change(w.config, ("id = ReplicateToTokyo\nrole = %s\n" % ROLE, "id = ReplicateToTokyo\n"))
        w.infra("apply")
        change(w.config, ("replication = tokyo\n", ""))
        w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/images")
        assert IMAGES not in w.there() and name not in [one["RoleName"] for one in iam.list_roles()["Roles"]]
    finally:
        with open(w.config, "w") as file:
            file.write(plain)
    w.fresh()


def test_live_infra_asked_for_no_more_and_of_others():
    """Copies that somebody else set up under a role of his, of a store that asks for none, are told and left; and destroy leaves them, too."""
    w = world("aws")
    plain = open(w.config).read()
    w.fresh()
    there = w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"]
    try:
        change(w.config, ("replication = tokyo\n", ""))
        marks = w.marks("--detailed-exitcode")
        assert marks and {mark for _, _, mark in marks} == {"unmanaged"} and {path.partition("[")[0] for _, path, _ in marks} == {"role", "rule"}, marks
        w.infra("apply")
        assert w.writes() == [] and w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"] == there
        w.client.put_object(Bucket=IMAGES, Key="held", Body=b"1")
        w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/images", code=5)
        assert w.writes() == [] and w.client.get_bucket_replication(Bucket=IMAGES)["ReplicationConfiguration"] == there
    finally:
        with open(w.config, "w") as file:
            file.write(plain)
    w.fresh()


def test_live_infra_watched_where_there_is_none():
    """A server that knows neither is not asked, and nothing of it is told as not supported."""
    for name in ("minio", "versitygw"):
        w = world(name)
        w.fresh()
        lines = w.infra("plan", "--all")
        told = {(line["resource"], line["identity"]) for line in lines if line["type"] == "resource" and line["resource"] != "bucket" and line["identity"] != IMAGES}
        assert told <= {("access", LOGS)}, (name, told)


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
    key = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]}
    w.client.put_bucket_encryption(Bucket=LOGS, ServerSideEncryptionConfiguration=key)
    inside = ["Expiration/ExpiredObjectDeleteMarker", "Filter/And/ObjectSizeLessThan", "NoncurrentVersionExpiration/NewerNoncurrentVersions", "NoncurrentVersionTransition/NoncurrentDays",
              "NoncurrentVersionTransition/StorageClass"]
    rule = ["rule[theirs].%s" % line for line in ("expire-noncurrent", *("other[%s]" % one for one in inside), "prefix", "status", "tag")]
    first = ["cors[#1].method[PUT]", "cors[#1].origin[https://other]", "tag[Owner]"]
    told = [(IMAGES, path) for path in first] + [(UPLOADS, path) for path in ("least-size", *rule)] + [(LOGS, path) for path in ("bucket-key", "statement[Theirs]")]
    marks = w.marks("--detailed-exitcode")
    assert {mark for _, _, mark in marks} == {"unmanaged"} and sorted((bucket, path) for bucket, path, _ in marks) == sorted(told), marks
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
    assert w.client.get_bucket_encryption(Bucket=LOGS)["ServerSideEncryptionConfiguration"] == key
    w.infra("apply", "--adopt")
    check_strategy(w)
    assert '"Theirs"' not in w.client.get_bucket_policy(Bucket=LOGS)["Policy"] and w.marks("--detailed-exitcode") == []
    assert w.client.get_bucket_lifecycle_configuration(Bucket=UPLOADS)["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    assert w.client.get_bucket_encryption(Bucket=LOGS)["ServerSideEncryptionConfiguration"]["Rules"][0]["BucketKeyEnabled"] is False
    w.infra("apply", "--adopt")
    assert w.writes() == []


def statements_of_others(name):
    """Each is a line, by its Sid or its place, that is another when it says something else; to the letter where ours is mended or removed; gone by --adopt."""
    w = world(name)
    w.fresh()

    def put(*statements):
        w.client.put_bucket_policy(Bucket=LOGS, Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))

    def there():
        """MinIO gives lists in whatever order."""
        return [{name: sorted(value) if isinstance(value, list) else value for name, value in one.items()} for one in json.loads(w.client.get_bucket_policy(Bucket=LOGS)["Policy"])["Statement"]]

    def told():
        return {line["path"]: line["was"] for line in w.infra("plan", "--detailed-exitcode") if line["type"] == "change" and line["change"] == "unmanaged"}

    ours, = there()
    theirs = [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::%s/%s*" % (LOGS, folder)]} for folder in "ab"]
    theirs[1]["Sid"] = "Theirs"
    put(theirs[0], ours, theirs[1])
    kept = [one for one in there() if one.get("Sid") != "larder-tls-only"]
    first = told()
    number = [one.get("Sid") for one in there()].index(kept[0].get("Sid")) + 1
    assert sorted(first) == ["statement[#%d]" % number, "statement[Theirs]"], first
    assert all(text.startswith("Allow s3:GetObject to * (") for text in first.values()) and len(set(first.values())) == 2, first
    w.infra("apply")
    assert w.writes() == []
    put(*({**one, "Effect": "Allow"} if one is ours else one for one in (theirs[0], ours, theirs[1])))
    assert (LOGS, "tls-only", "update") in w.marks()
    w.infra("apply")
    assert [one for one in there() if one.get("Sid") != "larder-tls-only"] == kept and ours in there() and sorted(told().values()) == sorted(first.values()), there()
    w.infra("apply")
    assert w.writes() == []
    theirs[1]["Action"] = ["s3:PutObject"]
    put(theirs[0], ours, theirs[1])
    other = told()
    assert other["statement[Theirs]"] != first["statement[Theirs]"] and other["statement[Theirs]"].startswith("Allow s3:PutObject to"), other
    w.infra("apply", "--adopt")
    assert there() == [ours] and w.marks("--detailed-exitcode") == []
    w.infra("apply", "--adopt")
    assert w.writes() == []
    put(theirs[0], ours)
    w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/logs")
    policy = [method for method, path in w.writes() if "policy" in path]
    assert policy == ["PUT"] and LOGS not in w.there(), w.writes()           # theirs stays as long as the bucket


def test_live_infra_statements_of_others_minio():
    statements_of_others("minio")


def test_live_infra_statements_of_others_versitygw():
    statements_of_others("versitygw")


def test_live_infra_statements_of_others_aws():
    statements_of_others("aws")


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
        assert rule["Filter"] == {"Prefix": ""} and sorted((one["Days"], one["StorageClass"]) for one in rule["Transitions"]) == [(0, "GLACIER_IR"), (90, "DEEP_ARCHIVE")], rule
        assert w.marks("--detailed-exitcode") == []
    finally:
        change(w.config, ("transition = 0d GLACIER_IR, 90d DEEP_ARCHIVE\n; larger-than", "transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\nlarger-than = 128KiB"))


def tiers_of(w, name="larder"):
    return w.ask("get_bucket_intelligent_tiering_configuration", LOGS, Id=name)


def test_live_infra_which_small_objects_stay():
    """Said by a [lifecycle], it is made, found again when it is another, mended, and neither told nor written when it is as said; unsaid, it stays."""
    w = world("aws")
    said = "id = expire_old_versions\nleast-size = %s\n"
    small, all_rules = "varies_by_storage_class", "all_storage_classes_128K"
    with open(w.config, encoding="utf-8") as file:
        before = file.read()
    change(w.config, ("id = expire_old_versions\n", said % small))
    try:
        w.fresh()
        for asked, other in ((small, all_rules), (all_rules, small)):
            if asked == all_rules:
                change(w.config, (said % small, said % asked))
                assert w.marks() == [(UPLOADS, "least-size", "update")]
                w.infra("apply")
            assert w.client.get_bucket_lifecycle_configuration(Bucket=UPLOADS)["TransitionDefaultMinimumObjectSize"] == asked
            w.infra("apply")
            assert w.writes() == [] and w.marks("--detailed-exitcode") == []
            w.client.put_bucket_lifecycle_configuration(Bucket=UPLOADS, LifecycleConfiguration={"Rules": rules_of(w, UPLOADS)}, TransitionDefaultMinimumObjectSize=other)
            assert w.marks() == [(UPLOADS, "least-size", "update")]
            w.infra("apply")
            assert w.client.get_bucket_lifecycle_configuration(Bucket=UPLOADS)["TransitionDefaultMinimumObjectSize"] == asked
    finally:
        with open(w.config, "w", encoding="utf-8") as file:
            file.write(before)


def test_live_infra_tiers_of_archives():
    """One configuration is ours, by its id: made, mended, switched off and never removed, for where a server does not know of them a DELETE is the bucket's. Those of others stay."""
    w = world("aws")
    w.fresh()
    assert not [r for r in w.sent if "intelligent" in r["path"]], "nobody asked for it"
    plain_text, both = open(w.config).read(), "purpose = logs\ntiering = 180d DEEP_ARCHIVE_ACCESS, 90d ARCHIVE_ACCESS\n"
    tiers = [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}, {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]
    ours, theirs = {"Id": "larder", "Status": "Enabled", "Tierings": tiers}, {"Id": "theirs", "Filter": {"Prefix": "t/"}, "Status": "Enabled", "Tierings": tiers[:1]}

    def put(one):
        w.client.put_bucket_intelligent_tiering_configuration(Bucket=LOGS, Id=one["Id"], IntelligentTieringConfiguration=one)
    put(theirs)
    try:
        change(w.config, ("purpose = logs\n", both))
        assert w.marks() == [(LOGS, "tiering", "update")], "it was none"
        w.infra("apply")
        path = "/%s?intelligent-tiering=&id=larder" % LOGS
        assert w.writes() == [("PUT", path)] and tiers_of(w) == {"IntelligentTieringConfiguration": ours}, (w.writes(), tiers_of(w))
        w.infra("apply")
        assert w.writes() == []
        for drift in ({"Tierings": [tiers[0], {**tiers[1], "Days": 200}]}, {"Tierings": tiers[:1]}, {"Status": "Disabled"}, {"Filter": {"Prefix": "a/"}},
                      {"Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}}):
            put({**ours, **drift})
            assert w.marks() == [(LOGS, "tiering", "update")], drift
            w.infra("apply")
            assert w.writes() == [("PUT", path)] and tiers_of(w) == {"IntelligentTieringConfiguration": ours}, drift
        put({**ours, "Tierings": tiers[::-1]})
        assert w.marks("--detailed-exitcode") == [], "in another order it is the same"
        w.client.delete_bucket_intelligent_tiering_configuration(Bucket=LOGS, Id="larder")
        change(w.config, (both, "purpose = logs\ntiering = none\n"))
        assert w.marks("--detailed-exitcode") == [], "it is none"
        put(ours)
        assert w.marks() == [(LOGS, "tiering", "update")]
        w.infra("apply")
        assert w.writes() == [("PUT", path)] and tiers_of(w)["IntelligentTieringConfiguration"]["Status"] == "Disabled" and w.marks("--detailed-exitcode") == []
        assert tiers_of(w, "theirs") == {"IntelligentTieringConfiguration": theirs} and LOGS in w.there()
    finally:
        with open(w.config, "w") as file:
            file.write(plain_text)
    w.fresh()


def test_live_infra_tiers_of_archives_where_there_are_none():
    """Told as not supported, and neither asked for nor sent."""
    for name in ("minio", "versitygw", "moto"):
        w = world(name)
        plain_text = open(w.config).read()
        try:
            change(w.config, ("purpose = logs\n", "purpose = logs\ntiering = 90d ARCHIVE_ACCESS\n"))
            w.empty()
            lacking = [line for line in w.infra("plan") if line["type"] == "change" and line["change"] == "unsupported" and line["path"] == "tiering"]
            sent = list(w.sent)
            w.infra("apply")
            assert [line["identity"] for line in lacking] == [LOGS] and LOGS in w.there(), (name, lacking)
            assert not [r for r in sent + w.sent if "intelligent" in r["path"]], name
        finally:
            with open(w.config, "w") as file:
                file.write(plain_text)


def test_live_infra_another_partition():
    """In China and in GovCloud a bucket has another ARN: statements that name it by the common one would be refused, or say nothing."""
    w = world("aws")
    profile = os.path.join(os.path.dirname(w.config), "profiles", w.server.profile + ".ini")
    with open(profile) as file:
        plain_profile = file.read()
    for region, partition in (("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("ap-northeast-2", "aws")):
        w.empty()
        try:
            change(profile, ("region = ap-northeast-2", "region = " + region))
            w.infra("apply", "--only", "store/logs")
        finally:
            with open(profile, "w") as file:
                file.write(plain_profile)
        policy = w.client.get_bucket_policy(Bucket=LOGS)["Policy"]
        here, w.server.region = w.server.region, region
        w.server.client().delete_bucket(Bucket=LOGS)          # which moto has in that partition alone
        w.server.region = here
        assert re.findall('"arn:([a-z-]*):s3:::', policy) == [partition] * 2, (region, policy)


def test_live_infra_in_another_region():
    """A bucket of ours that lies elsewhere than its backend says is drift that no setting mends; found by the HEAD that is sent in any case, left with what it holds, and made
    anew where it is asked for."""
    w = world("aws")
    w.empty()
    w.client.create_bucket(Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    w.client.put_object(Bucket=LOGS, Key="a", Body=b"a")
    only = ("--only", "store/logs")
    assert (LOGS, "region", "replace") in w.marks(*only, "--detailed-exitcode", code=10)
    text = larder("infra", "plan", *only, env=w.env).out
    assert "-/+ region = eu-west-1 -> ap-northeast-2  (cannot be changed in place)" in text and "2 that will be left" in text, text          # who may read it is not set up there either
    counts, = [line for line in w.infra("apply", *only, code=5) if line["type"] == "counts"]
    assert w.writes() == [] and (counts["left"], counts["failed"], counts["skipped"]) == (2, 0, 0), (w.writes(), counts)
    w.infra("apply", *only, "--replace", code=5)
    assert w.client.get_object(Bucket=LOGS, Key="a")["Body"].read() == b"a"
    w.client.delete_object(Bucket=LOGS, Key="a")
    w.plan({"method": "HEAD", "path": "^/" + LOGS, "nth": 1, "do": "reply", "status": 301, "headers": {"x-amz-bucket-region": "eu-west-1"}})
    w.infra("apply", *only, "--replace")
    made = [dict(r["headers"])["authorization"] for r in w.sent if (r["method"], r["path"].rstrip("/")) == ("PUT", "/" + LOGS)]
    assert len(made) == 1 and "/ap-northeast-2/s3/" in made[0], made                # though it was found in the other one
    assert w.client.get_bucket_location(Bucket=LOGS)["LocationConstraint"] == "ap-northeast-2"
    assert w.marks(*only, "--detailed-exitcode") == []
    # Who may read it goes with it, and is planned and made anew with it.
    policy = w.client.get_bucket_policy(Bucket=LOGS)["Policy"]
    w.client.delete_bucket(Bucket=LOGS)
    w.client.create_bucket(Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    w.client.put_bucket_policy(Bucket=LOGS, Policy=policy)
    assert (LOGS, "tls-only", "create") in w.marks(*only, "--replace") and (LOGS, "tls-only", "create") not in w.marks(*only)
    w.infra("apply", *only, "--replace")
    assert w.client.get_bucket_policy(Bucket=LOGS)["Policy"] == policy and w.marks(*only, "--detailed-exitcode") == []


def test_live_infra_keeps_what_a_resource_promises():
    w = world("aws")
    for driver in ("s3", "glacier"):
        for name in ("access", "copies", "to", "other"):
            w.server.make_bucket("larder-conformance-" + name, versioning=name != "access")
        done = subprocess.run([os.path.join(BUILD, "larder-driver-test"), os.path.join(BUILD, ".libs/driver-%s.so" % driver), "--resources", os.path.join(SRC, "tests/conform/resources-s3.ini"),
                               "server=aws", "endpoint=" + w.server.endpoint, "region=us-east-1"], capture_output=True, text=True, timeout=120 * SLOW, env=w.server.environment())
        w.empty()
        assert done.returncode == 0 and " 0 do not" in done.stdout and done.stdout.count("\nok ") == 33, (driver, done.stdout, done.stderr)


# ---- accidents

def test_live_infra_lost_answers():
    """c-I07: the first answer to each creation and setting is lost; and a bucket that was there keeps what it has."""
    for name in ("minio", "versitygw", "aws"):
        w = world(name)
        w.empty()
        answered = set()
        w.plan({"method": "PUT", "when": lambda record: record["path"] not in answered and not answered.add(record["path"]), "do": "drop-reply"})
        w.infra("apply")
        check_strategy(w)
        assert w.there() == sorted(w.buckets)
        assert w.marks("--detailed-exitcode") == []


def test_live_infra_whose_bucket():
    """c-I07: a bucket that may not be looked at is told once: as ours, as another account's, a conflict, or that the credentials are wrong, as the list of our buckets has it; and where that may not be
    looked at either, with all that may be the reason. One whose name turns out to be another account's when it is made is a conflict, too. Nothing is written."""
    w = world("aws")
    w.fresh()
    ours, theirs = "is of this account, but these credentials lack s3:ListBucket on bucket '%s'" % BACKUPS, "bucket '%s' is owned by another account" % BACKUPS
    refused = {"path": r"^/\?max-buckets=1&prefix=", "do": "reply", "status": 403}
    reasons = ("credentials are wrong", "s3:ListBucket on bucket '%s'" % BACKUPS, "belongs to another account", "s3:ListAllMyBuckets would tell which")

    def told(code, *words, more=()):
        for answer in ({"status": 403, "body": ""}, {"status": 403, "code": "AccessDenied"}):
            w.plan({"path": "^/%s(/?[?].*)?$" % BACKUPS, "do": "reply", **answer}, *more)
            for command in ("plan", "apply"):
                lines = w.infra(command, code=code)
                whole = [line for line in lines if line["type"] in ("resource", "step") and line["identity"] == BACKUPS and line.get("step") != "begun"]
                assert {line["resource"] for line in whole} == {"bucket"} and w.writes() == [], whole
                assert all(one in json.dumps(whole) for one in words), (words, whole)
    told(4, ours)
    told(4, *reasons, more=({**refused, "code": "AccessDenied"},))
    told(4, "InvalidAccessKeyId", more=({**refused, "code": "InvalidAccessKeyId"},))
    told(4, *reasons, more=({**refused, "status": 200, "body": "<Other/>"},))
    w.client.delete_bucket(Bucket=BACKUPS)
    w.client.create_bucket(Bucket=BACKUPS + "-2", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    told(5, theirs, "choose another as bucket of the [store]")
    told(5, theirs, more=({**refused, "status": 200, "body": "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"},))
    w.plan()
    w.empty()
    w.plan({"method": "PUT", "path": "^/%s$" % BACKUPS, "do": "reply", "status": 409, "code": "BucketAlreadyExists"})
    lines = w.infra("apply", code=5)
    failed, = [line for line in lines if line.get("step") == "failed"]
    assert failed["identity"] == BACKUPS and "owned by another account" in json.dumps(failed), failed
    assert w.there() == sorted(set(w.buckets) - {BACKUPS})
    w.plan()
    w.fresh()


def test_live_infra_made_before():
    w = world("aws")
    w.empty()
    w.client.create_bucket(Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    tags_set(LOGS, Mine="yes")(w)
    w.infra("apply")
    assert plain("bucket-tagging", w.settings(LOGS)["bucket-tagging"]) == {"Mine": "yes", "Kind": "logs"}
    assert ("PUT", "/" + LOGS) not in w.writes()


def test_live_infra_another_one_is_under_way():
    """c-I02: 409 OperationAborted to the first of each setting, and to any that comes while the bucket is busy with another: one after the other, six buckets beside
    each other, each refused once and asked again; and so where two resources of one bucket have drifted."""
    w = world("aws")
    w.empty()
    tried = set()

    def is_refused(record):
        first = record["path"] not in tried
        tried.add(record["path"])
        return first or any(other["done"] is None and other["method"] != "GET" and bucket_of(other) == bucket_of(record) for other in w.between.requests if other is not record)

    slow = {"method": "PUT", "path": r"\?", "delay": 0.05}
    w.plan({**slow, "when": is_refused, "do": "reply", "code": "OperationAborted"}, slow)
    w.infra("apply")
    w.check_in_turn()
    check_strategy(w)
    settings = [record for record in w.changing() if "?" in record["path"]]
    assert sorted(record["path"] for record in settings) == sorted([*tried] * 2) and len([record for record in settings if record["status"] == 409]) == len(tried)
    assert len([path for path in tried if path.startswith("/%s?" % IMAGES)]) == 8 and {bucket_of(record) for record in settings} == set(w.buckets)
    assert any(one["at"] < other["at"] < one["done"] for one in settings for other in settings if bucket_of(one) != bucket_of(other)), "one bucket after the other"
    tags_set(LOGS, Kind="other")(w)
    w.client.delete_bucket_policy(Bucket=LOGS)
    w.infra("apply")
    w.check_in_turn()
    assert sorted(w.writes()) == [("PUT", "/%s?%s=" % (LOGS, setting)) for setting in ("policy", "tagging")]
    w.plan()


def test_live_infra_set_meanwhile():
    """c-I03: what somebody else sets between our last look and our write is in that write, to the letter: a rule, a rule of CORS, one without an id in front of ours, a statement (in any order), a tag."""
    w = world("aws")
    w.fresh()
    c = w.client
    rule = {"ID": "late", "Status": "Enabled", "Filter": {"Prefix": "z/"}, "Expiration": {"Days": 9}}
    cors = {"AllowedOrigins": ["https://late.example"], "AllowedMethods": ["GET"]}
    statement = {"Sid": "Late", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::%s/*" % LOGS}

    def cors_rules():
        return c.get_bucket_cors(Bucket=IMAGES)["CORSRules"]

    def statements():
        return sorted(json.loads(c.get_bucket_policy(Bucket=LOGS)["Policy"])["Statement"], key=lambda one: one["Sid"])

    def tags():
        return c.get_bucket_tagging(Bucket=LOGS)["TagSet"]

    def put_policy(all):
        c.put_bucket_policy(Bucket=LOGS, Policy=json.dumps({"Version": "2012-10-17", "Statement": all}))

    for bucket, setting, drift, read, put, late in (
            (UPLOADS, "lifecycle", rule_set(UPLOADS, "expire_old_versions", NoncurrentVersionExpiration={"NoncurrentDays": 9}), lambda: rules_of(w, UPLOADS),
             lambda all: c.put_bucket_lifecycle_configuration(Bucket=UPLOADS, LifecycleConfiguration={"Rules": all}), lambda all: [*all, rule]),
            (IMAGES, "cors", cors_set(MaxAgeSeconds=9), cors_rules, lambda all: c.put_bucket_cors(Bucket=IMAGES, CORSConfiguration={"CORSRules": all}), lambda all: [*all, dict(cors, ID="late")]),
            (IMAGES, "cors", cors_set(MaxAgeSeconds=8), cors_rules, lambda all: c.put_bucket_cors(Bucket=IMAGES, CORSConfiguration={"CORSRules": all}), lambda all: [cors, *all]),
            (LOGS, "policy", policy_set(("Deny", "Allow")), statements, put_policy, lambda all: [statement, *all]),
            (LOGS, "tagging", tags_set(LOGS, Kind="drift"), tags, lambda all: c.put_bucket_tagging(Bucket=LOGS, Tagging={"TagSet": all}), lambda all: [*all, {"Key": "Late", "Value": "theirs"}])):
        right = read()
        drift(w)
        w.plan({"method": "GET", "path": "^/%s[?]%s" % (bucket, setting), "nth": 3, "before": lambda _: put(late(read()))})       # the plan's look, apply's own, and the one to write on
        w.infra("apply")
        assert len(w.writes()) == 1 and read() == late(right), (setting, w.writes(), read())
    w.plan()


# ---- removed

BESIDE = ["beside-empty", "beside-full"]


def destroyed(name):
    """Buckets that hold something stay, and so do empty ones through every command but the one that is to remove them; those of others through all."""
    w = world(name)
    w.fresh()
    for bucket in BESIDE:
        w.client.create_bucket(Bucket=bucket, **({} if name == "versitygw" else {"CreateBucketConfiguration": {"LocationConstraint": REGION}}))
    w.client.put_object(Bucket=BESIDE[1], Key="a", Body=b"bytes")
    w.client.put_object(Bucket=MODELS, Key="a", Body=b"bytes")
    version = w.client.put_object(Bucket=UPLOADS, Key="a", Body=b"bytes")["VersionId"]
    w.client.delete_object(Bucket=UPLOADS, Key="a")
    for words in (("plan",), ("apply",), ("show",), ("plan", "--adopt"), ("apply", "--adopt"), ("plan", "--destroy"), ("destroy", "-n"), ("policy", "operator"), ("policy", "worker"), ("policy", "reader")):
        w.infra(*words)
        assert w.there() == sorted(w.buckets + BESIDE), words
    w.infra("destroy", "--environment", "pingvas-studio", code=5)
    assert w.there() == sorted([MODELS, UPLOADS, *BESIDE]) and w.client.get_object(Bucket=BESIDE[1], Key="a")["Body"].read() == b"bytes"
    assert w.client.get_object(Bucket=MODELS, Key="a")["Body"].read() == w.client.get_object(Bucket=UPLOADS, Key="a", VersionId=version)["Body"].read() == b"bytes"
    for bucket in (MODELS, UPLOADS):
        found = w.client.list_object_versions(Bucket=bucket)
        for item in found.get("Versions", []) + found.get("DeleteMarkers", []):
            w.client.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
    for _ in range(2):
        w.infra("destroy", "--environment", "pingvas-studio")
        assert w.there() == BESIDE
    assert w.writes() == []


def test_live_infra_destroyed_minio():
    destroyed("minio")


def test_live_infra_destroyed_versitygw():
    destroyed("versitygw")


def test_live_infra_destroyed_aws():
    destroyed("aws")


def refused_for_what_it_holds(name):
    """c-I01: destroyed while it holds versions, markers or an open upload alone, and emptied as the refusal says."""
    w = world(name)
    w.fresh()
    c, only = w.client, ("--only", "store/uploads")

    def refused(holds):
        planned = larder("infra", "plan", "--destroy", *only, env=w.env)
        assert planned.code == 0 and "larder rm -r --all-versions uploads: empties it" in planned.out, planned.out
        got = larder("infra", "destroy", "--environment", "pingvas-studio", *only, env=w.env)
        assert got.code == 5 and got.err.count("bucket '%s' holds " % UPLOADS) == 1 and "bucket '%s' holds %s\n" % (UPLOADS, holds) in got.err, got.err
        assert "next: larder rm -r --all-versions uploads: empties it" in got.err and UPLOADS in w.there(), got.err

    def emptied(code=0):
        got = larder("rm", "-r", "--all-versions", "uploads:", env=w.env)
        assert got.code == code, (got.code, got.err)
        return got

    c.put_object(Bucket=UPLOADS, Key="a", Body=b"1")
    c.delete_object(Bucket=UPLOADS, Key="a")
    c.put_object(Bucket=UPLOADS, Key="b", Body=b"2")
    refused("objects: 2 versions, 1 delete marker")
    emptied()
    first = c.put_object(Bucket=UPLOADS, Key="a", Body=b"1")["VersionId"]
    c.delete_object(Bucket=UPLOADS, Key="a")
    c.delete_object(Bucket=UPLOADS, Key="a", VersionId=first)
    refused("no objects, but 1 delete marker")
    emptied()
    c.create_multipart_upload(Bucket=UPLOADS, Key="open")
    refused("no objects, but 1 upload that nobody ended, of 'open'")
    c.put_object(Bucket=UPLOADS, Key="a", Body=b"1")
    c.create_multipart_upload(Bucket=UPLOADS, Key="open")
    refused("objects: 1 version, 0 delete markers, 2 uploads that nobody ended, of 'open' and others")
    dry = larder("rm", "-n", "-r", "--all-versions", "uploads:", env=w.env)
    assert dry.code == 0 and "uploads:open: an upload that nobody ended" in dry.out + dry.err and len(c.list_multipart_uploads(Bucket=UPLOADS)["Uploads"]) == 2, dry
    emptied()
    assert "Uploads" not in c.list_multipart_uploads(Bucket=UPLOADS)
    w.infra("destroy", "--environment", "pingvas-studio", *only)
    assert UPLOADS not in w.there()
    return w, refused, emptied


def test_live_infra_refused_for_what_it_holds_minio():
    w, refused, emptied = refused_for_what_it_holds("minio")
    w.client.create_bucket(Bucket=UPLOADS, ObjectLockEnabledForBucket=True)
    w.infra("apply", "--only", "store/uploads")
    version = w.client.put_object(Bucket=UPLOADS, Key="locked", Body=b"1")["VersionId"]
    w.client.put_object_retention(Bucket=UPLOADS, Key="locked", VersionId=version,
                                  Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)})
    w.client.put_object(Bucket=UPLOADS, Key="free", Body=b"1")
    refused("objects: 2 versions, 0 delete markers")
    assert "locked" in emptied(code=1).err
    refused("objects: 1 version, 0 delete markers")
    w.client.delete_object(Bucket=UPLOADS, Key="locked", VersionId=version, BypassGovernanceRetention=True)
    w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/uploads")


def test_live_infra_refused_for_what_it_holds_aws():
    """More than a page is told as that."""
    w, refused, emptied = refused_for_what_it_holds("aws")
    w.infra("apply", "--only", "store/uploads")
    for number in range(501):
        w.client.put_object(Bucket=UPLOADS, Key=str(number), Body=b"1")
        w.client.delete_object(Bucket=UPLOADS, Key=str(number))
    refused("objects: at least 1000 versions and delete markers")
    emptied()
    w.infra("destroy", "--environment", "pingvas-studio", "--only", "store/uploads")


if __name__ == "__main__":
    run(sys.modules["__main__"])
