#!/usr/bin/env python3
"""What infra policy prints: the three documents of the pipeline that we ship, to the letter; the same whatever the order of the sections; valid; what keys, protection, replicas
and given roles change in them; too long is told. `test-infra-policy.py print` writes the goldens anew."""
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/cli"))
from tool import BUILD, HOME, SRC, larder, read, run, write  # noqa: E402

ROLES = ("operator", "worker", "reader")
GOLDEN = os.path.join(SRC, "tests/infra/policy-%s.json")
PLACES = {"LARDER_PROFILE": "aws", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/11111111-2222-3333-4444-555555555555"


def policy(role, *words, code=0, **env):
    got = larder("infra", "policy", role, *words, env={**PLACES, **env})
    assert got.code == code, (got.code, got.err)
    return got


def changed(*pairs, profile=()):
    """The pipeline that we ship, with some of its lines otherwise."""
    place = os.path.join(HOME, "changed")
    for name, changes in (("larder.ini", pairs), ("profiles/aws.ini", profile)):
        text = read(os.path.join(SRC, "etc", name)).decode()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        write(os.path.join(place, name), text.encode())
    return {"LARDER_CONFIG": os.path.join(place, "larder.ini")}


def statements(role, **env):
    """By Sid; held against what a document of IAM is."""
    document = json.loads(policy(role, **env).out)
    assert set(document) == {"Version", "Statement"} and document["Version"] == "2012-10-17"
    sids = [one["Sid"] for one in document["Statement"]]
    assert sids == sorted(set(sids)) and all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids), sids
    for one in document["Statement"]:
        assert set(one) - {"Condition"} == {"Sid", "Effect", "Action", "Resource"} and one["Effect"] == "Allow", one
        for name, pattern in (("Action", r"[a-z0-9-]+:[A-Z][A-Za-z]+"), ("Resource", r"\*|arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\*|[0-9]{12})?:\S+")):
            assert one[name] and one[name] == sorted(set(one[name])) and all(re.fullmatch(pattern, text) for text in one[name]), one
    return {one["Sid"]: one for one in document["Statement"]}


def on(found, action):
    """The resources that an action is allowed on."""
    return sorted({resource for one in found.values() if action in one["Action"] for resource in one["Resource"]})


def test_infra_policy_goldens():
    for role in ROLES:
        assert policy(role).out == read(GOLDEN % role).decode(), "%s: print writes them anew" % role
        statements(role)


def test_infra_policy_same_in_any_order():
    sections = re.split(r"(?m)^(?=\[)", read(os.path.join(SRC, "etc/larder.ini")).decode())
    write(os.path.join(HOME, "turned/larder.ini"), "".join([sections[0]] + sections[:0:-1]).encode())
    write(os.path.join(HOME, "turned/profiles/aws.ini"), read(os.path.join(SRC, "etc/profiles/aws.ini")))
    for role in ROLES:
        assert policy(role, LARDER_CONFIG=os.path.join(HOME, "turned/larder.ini")).out == policy(role).out


def test_infra_policy_of_a_failover():
    """Who reads the copies is written into the policy of their bucket, too; of the distribution nothing more is needed, and of the other roles nothing."""
    over = (("\n; failover = images-replica ", "\nfailover = images-replica "),)
    copies = "arn:aws:s3:::pingvas-studio-images-replica-tokyo"
    before, after = statements("operator"), statements("operator", **changed(*over))
    assert copies not in on(before, "s3:PutBucketPolicy") and sorted({*on(before, "s3:PutBucketPolicy"), copies}) == on(after, "s3:PutBucketPolicy"), after
    asks = [{sid: one for sid, one in found.items() if sid.startswith("Cloudfront")} for found in (before, after)]
    assert asks[0] == asks[1] and asks[0], asks
    for role in ROLES[1:]:
        assert statements(role) == statements(role, **changed(*over)), role


def test_infra_policy_of_two_databases():
    """What is restored of each is known by its own tag: two conditions, and no Sid twice."""
    found = statements("operator", **changed(("[database \"postgresql\"]", "[database \"other\"]\nbackend = database\nskip-final-snapshot = yes\n[database \"postgresql\"]")))
    assert sum("aws:RequestTag/larder:restore" in str(one) for one in found.values()) == 2, found


def test_infra_policy_json_and_its_length():
    for role in ROLES:
        got = policy(role, "--json")
        line = [line for line in got.lines() if line["type"] == "policy"][0]
        assert line["role"] == role and line["most"] == 6144 and line["text"] == policy(role).out
        assert line["characters"] == len(json.dumps(json.loads(line["text"]), separators=(",", ":")))
        assert ("divide its statements" in got.err) == (line["characters"] > 6144), (line["characters"], got.err)


def test_infra_policy_certificate_by_a_tag():
    """Looked up where those of CloudFront lie, whatever the region; one that is named needs nothing."""
    by_tag, named = (statements("operator", **changed(("geo = none\n", "geo = none\naliases = a.example\ncertificate = %s\n" % text))) for text in ("tag:Name=cdn", "arn:aws:acm:us-east-1:1:certificate/c"))
    assert on(by_tag, "acm:ListTagsForCertificate") == ["arn:aws:acm:us-east-1:*:certificate/*"] and on(by_tag, "acm:ListCertificates") == ["*"], by_tag
    assert not [action for one in named.values() for action in one["Action"] if action.startswith("acm:")], named


def test_infra_policy_too_long_is_told():
    """Many buckets with long names are more than a managed policy takes, for whoever reads them, too."""
    more = "".join('[store "s%d"]\nbackend = objects\nbucket = %s-%d\n' % (n, "b" * 55, n) for n in range(80))
    got = policy("reader", **changed(("[store \"images\"]\n", more + "[store \"images\"]\n")))
    assert re.search("the policy has [0-9]+ characters without blanks, and the service takes 6144", got.err), got.err
    assert len(json.loads(got.out)["Statement"]) == 4
    assert "divide" not in policy("reader").err


def test_infra_policy_without_rights_or_role():
    assert "operator, worker or reader" in policy("owner", code=2).err
    assert "no backend of this profile" in policy("worker", code=2, LARDER_PROFILE="mock").err


def test_infra_policy_what_is_protected_stays():
    found = statements("operator", **changed(("bucket = pingvas-studio-models\n", "bucket = pingvas-studio-models\nprotect = yes\n")))
    assert "arn:aws:s3:::pingvas-studio-models" not in on(found, "s3:DeleteBucket") and "arn:aws:s3:::pingvas-studio-uploads" in on(found, "s3:DeleteBucket")
    assert on(found, "rds:DeleteDBInstance") == [] and on(statements("operator", **changed(("logs = postgresql\n", "logs = postgresql\ndestroy = yes\n"))), "rds:DeleteDBInstance") != []
    for section, action in (("[cdn \"images\"]\n", "cloudfront:DeleteDistribution"), ("[filesystem \"model-cache\"]\n", "elasticfilesystem:DeleteFileSystem")):
        assert on(statements("operator"), action) != [] and on(statements("operator", **changed((section, section + "protect = yes\n"))), action) == [], action


def test_infra_policy_tiers_of_archives():
    """Of that bucket alone that has them declared."""
    found, actions = statements("operator", **changed(("bucket = pingvas-studio-models\n", "bucket = pingvas-studio-models\ntiering = none\n"))), ("s3:GetIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration")
    assert [on(found, action) for action in actions] == [["arn:aws:s3:::pingvas-studio-models"]] * 2
    assert [on(statements("operator"), action) for action in actions] == [[], []]


def test_infra_policy_a_worker_restores_where_the_sections_archive():
    """By a class of the store or of a view of it, by that of its backend, of what is copied there, by a rule, by archive tiers. Elsewhere, of a replica, and at a server that restores
    nothing: no. No other role does."""
    rule, deep = (", 120d DEEP_ARCHIVE", ""), "class = DEEP_ARCHIVE\n"
    backend, uploads = "driver = glacier\n", "purpose = files of users\n"
    copied, origin = "class = STANDARD_IA\n", "bucket = pingvas-studio-images\n"
    own = (rule, ("replica = yes\n", ""))
    for pairs, profile, want in (
            ((), (), ["backups", "images"]), ((rule,), (), ["backups"]), ((rule, (deep, "class = GLACIER_IR\n")), (), []), ((rule, (deep, "class = STANDARD\n")), (), []),
            ((rule, (deep, "class = GLACIER\n")), (), ["backups"]), ((rule, (deep, "")), (), ["backups"]), ((rule, (deep, "")), ((backend, backend + "class = GLACIER_IR\n"),), []),
            ((rule, (deep, "")), ((backend, backend + "class = DEEP_ARCHIVE\n"),), ["backups"]), ((rule, (deep, "")), (("driver = glacier", "driver = s3"),), []),
            ((rule, (deep, ""), ("class = INTELLIGENT_TIERING", "class = GLACIER")), ((backend, backend + "class = GLACIER_IR\n"),), ["images"]),
            ((rule, (uploads, uploads + "tiering = 90d ARCHIVE_ACCESS\n")), (), ["backups", "uploads"]), ((rule, (uploads, uploads + "tiering = none\n")), (), ["backups"]),
            ((rule, (copied, "class = GLACIER\n")), (), ["backups"]), ((*own, (copied, "class = GLACIER\n")), (), ["backups", "images-replica-tokyo"]), (own, (), ["backups"]),
            ((*own, (copied, ""), (origin, origin + deep)), (), ["backups", "images", "images-replica-tokyo"])):
        env = changed(*pairs, profile=profile)
        may = on(statements("worker", **env), "s3:RestoreObject")
        assert may == sorted("arn:aws:s3:::pingvas-studio-%s/*" % name for name in want), (pairs, profile, may)
        assert not [role for role in ("operator", "reader") if on(statements(role, **env), "s3:RestoreObject")], (pairs, profile)
    minio = changed((origin, origin + "class = GLACIER\n"), profile=(("driver = s3\nserver = aws\nregion = ap-northeast-2\n", "driver = s3\nserver = minio\nendpoint = http://127.0.0.1:1\n"),))
    assert on(statements("worker", **minio), "s3:RestoreObject") == ["arn:aws:s3:::pingvas-studio-backups/*"]


def test_infra_policy_keys():
    """By ARN, by id, by alias: one key of one region, for what S3 does with it alone."""
    told = {KEY: ([KEY], None), "1111": (["arn:aws:kms:ap-northeast-2:*:key/1111"], None), "alias/my-key": (["arn:aws:kms:ap-northeast-2:*:key/*"], "alias/my-key")}
    for name, (resources, alias) in told.items():
        env = changed(("purpose = files of users\n", "purpose = files of users\n"), ("bucket = pingvas-studio-uploads\nversioning = yes\nencryption = AES256", "bucket = pingvas-studio-uploads\nversioning = yes\nencryption = aws:kms %s" % name))
        for role, actions in (("worker", ["kms:Decrypt", "kms:GenerateDataKey"]), ("reader", ["kms:Decrypt"])):
            found = [one for one in statements(role, **env).values() if any(action.startswith("kms:") for action in one["Action"])]
            assert len(found) == 1 and found[0]["Action"] == actions and found[0]["Resource"] == resources, found
            assert found[0]["Condition"]["StringEquals"] == {"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}, found
            assert found[0]["Condition"].get("ForAnyValue:StringEquals", {}).get("kms:ResourceAliases") == alias, found


def test_infra_policy_a_replica_is_read_only():
    replica = "arn:aws:s3:::pingvas-studio-images-replica-tokyo/*"
    assert replica not in on(statements("worker"), "s3:PutObject") and replica in on(statements("worker"), "s3:GetObject")
    assert on(statements("reader"), "s3:PutObject") == []


def test_infra_policy_a_given_role_is_passed_alone():
    given = "arn:aws:iam::123456789012:role/given"
    found = statements("operator", **changed(("id = ReplicateToTokyo\n", "id = ReplicateToTokyo\nrole = %s\n" % given), ("plan = efs-models", "role = %s\nplan = efs-models" % given)))
    assert on(found, "iam:PassRole") == [given] and on(found, "iam:CreateRole") == []
    assert {one["Condition"]["StringEquals"]["iam:PassedToService"] for one in found.values() if "iam:PassRole" in one["Action"]} == {"s3.amazonaws.com", "backup.amazonaws.com"}
    made = statements("operator")
    assert on(made, "iam:PassRole") == on(made, "iam:CreateRole") == ["arn:aws:iam::*:role/larder-backup-efs-models-daily-backup", "arn:aws:iam::*:role/larder-copies-pingvas-studio-images"]


def test_infra_policy_ids_where_they_are_known():
    known = changed(profile=(("vpc = tag:Name=prod\nsubnets = tag:Name=private-a, tag:Name=private-c", "vpc = vpc-1\nsubnets = subnet-1, subnet-2"),))
    found, any_of = statements("operator", **known), statements("operator")
    ec2 = "arn:aws:ec2:ap-northeast-2:*:"
    assert on(found, "ec2:CreateSecurityGroup") == [ec2 + "security-group/*", ec2 + "vpc/vpc-1"] and on(any_of, "ec2:CreateSecurityGroup") == [ec2 + "security-group/*", ec2 + "vpc/*"]
    assert on(found, "ec2:CreateNetworkInterface")[2:] == [ec2 + "subnet/subnet-1", ec2 + "subnet/subnet-2"] and on(any_of, "ec2:CreateNetworkInterface")[2:] == [ec2 + "subnet/*"]


# ---- documents of no vendor, laid together by their shape

def laid(*documents, code=0):
    """What core makes of the documents of as many file systems, each with a driver of no vendor; or its words."""
    modules, place = os.path.join(HOME, "modules"), os.path.join(HOME, "lent")
    os.makedirs(modules, exist_ok=True)
    shutil.copy(os.path.join(BUILD, "tests/infra/.libs/driver-lent.so"), modules)
    texts = [one if isinstance(one, str) else json.dumps(one) for one in documents]
    write(os.path.join(place, "larder.ini"), "".join('[filesystem "f%d"]\nbackend = b%d\n' % (n, n) for n in range(len(texts))).encode())
    write(os.path.join(place, "profiles/aws.ini"), "".join('[backend "b%d"]\ndriver = lent\npolicy = "%s"\n' % (n, text.replace('"', '\\"')) for n, text in enumerate(texts)).encode())
    got = policy("operator", code=code, LARDER_CONFIG=os.path.join(place, "larder.ini"), LARDER_MODULE_DIR=modules)
    return json.loads(got.out) if code == 0 else got.err


def test_infra_policy_laid_together():
    """Objects of a list that differ in one list of texts are one, and no others: in two lists each with each would be more than was asked for."""
    def right(*lists, name="n"):
        return {"name": name, "what": list(lists[0]), "on": list(lists[1])}
    a, wider, longer, other = right("a", "p"), right("a", "q"), right("b", "p"), right("b", "q")
    assert laid({"V": "1", "S": [a]}, {"V": "1", "S": [wider]})["S"] == [right("a", "pq")]
    assert laid({"V": "1", "S": [a]}, {"V": "1", "S": [longer]})["S"] == [right("ab", "p")]
    assert laid({"V": "1", "S": [a]}, {"V": "1", "S": [other]})["S"] == [a, other]
    assert laid({"V": "1", "S": [a]}, {"V": "1", "S": [a]}) == {"V": "1", "S": [a]}
    assert laid({"S": [right("a", "p", name="m")]}, {"S": [a]})["S"] == [right("a", "p", name="m"), a], "another name"
    assert laid({"S": [dict(a, more="x")]}, {"S": [wider]})["S"] == sorted([dict(a, more="x"), wider], key=json.dumps), "one has more"
    assert laid({"S": [right("ba", "p")]})["S"] == [right("ab", "p")] and laid({"L": ["b", "a"]}, {"L": ["a", "c"]}) == {"L": ["a", "b", "c"]}
    assert laid({"V": "1"}, {}, "", {"W": "2"}) == {"V": "1", "W": "2"}


def test_infra_policy_of_a_module_that_was_built_before():
    """Its table of types ends before the newest members: they are not read."""
    assert laid({"V": "1"}) == {"V": "1"}
    env = {"LARDER_CONFIG": os.path.join(HOME, "lent/larder.ini"), "LARDER_PROFILE": "aws", "LARDER_MODULE_DIR": os.path.join(HOME, "modules")}
    write(os.path.join(HOME, "lent/larder.ini"), b"[filesystem \"f0\"]\nbackend = b0\naccept = anything\n")
    got = larder("config", "check", env=env)
    assert got.code == 0, (got.code, got.err)


def test_infra_policy_what_cannot_be_laid_together():
    assert "do not agree on 'V'" in laid({"V": "1"}, {"V": "2"}, code=6)
    assert "no JSON document" in laid({"V": "1"}, "{", code=6) and "no JSON document" in laid("[]", code=6)


if sys.argv[1:] == ["print"]:
    for name in ROLES:
        write(GOLDEN % name, policy(name).out.encode())
else:
    run(sys.modules["__main__"])
