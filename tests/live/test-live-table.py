#!/usr/bin/env python3
"""test-live-table.py: the capability table, printed into doc/dev/servers.md, and asked of the servers themselves by boto3:
a row that claims what its server does not do, or the other way round, turns the test of that server red."""
import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request

import session
from session import started

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

PAGE = os.path.join(os.environ["TOP_SRCDIR"], "doc/dev/servers.md")
MARKS = ("<!-- capabilities: printed by a script between these two lines -->\n", "<!-- end of capabilities -->\n")
BYTES = b"bytes"
NO_ETAG = '"%s"' % ("0" * 32)
LOST = {"ignored", "destructive"}
# Not asked here: what a single exchange with a server does not show, and where it is shown.
ELSEWHERE = {
    "uploads-list": "test-live-dangers.py, after a restart",
    "copy-part-checksum": "test-live-conform.py, parts by copy",
    "checksum-mode": "test-live-objects.py, what stat tells",
    "sdk-checksum-algorithm": "here, as part of checksum-crc64nvme",
}


def printed():
    """(rows, lines of the table as words)."""
    done = subprocess.run([os.path.join(session.BUILD, "tests/live/s3-table")], text=True, stdout=subprocess.PIPE, check=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return lines[0][1:], lines[1:]


def states(row):
    """{feature: state} of one row."""
    names, lines = printed()
    return {words[0]: words[1 + names.index(row)] for words in lines}


def crc(data, bits, polynomial):
    value = ones = (1 << bits) - 1
    table = list(range(256))
    for _ in range(8):
        table = [entry >> 1 ^ (polynomial if entry & 1 else 0) for entry in table]
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 255]
    return base64.b64encode((value ^ ones).to_bytes(bits // 8, "big")).decode()


def crc64nvme(data):
    return crc(data, 64, 0x9a6c9329ac4bc9b5)


class Probe:
    """A bucket of its own, and a client that sends what it is told to and nothing more."""

    def __init__(self, name):
        servers.boto3()
        self.server, self.bucket, self.extra = started(name), "probes", {}
        self.client = self.server.client(request_checksum_calculation="when_required", response_checksum_validation="when_required")
        self.server.make_bucket(self.bucket)
        self.client.meta.events.register("before-call.s3", lambda params, **_: params["headers"].update(self.extra))

    def call(self, operation, headers=None, **words):
        """The reply, or None when it is refused."""
        from botocore.exceptions import ClientError
        self.extra = headers or {}
        try:
            return getattr(self.client, operation)(**{"Bucket": self.bucket, **words})
        except ClientError:
            return None
        finally:
            self.extra = {}

    def put(self, key, headers=None, **words):
        return self.call("put_object", headers, Key=key, **{"Body": BYTES, **words})

    def head(self, key, **words):
        return self.call("head_object", Key=key, **words)

    def upload(self, key, complete=None, headers=None, bodies=(BYTES,)):
        """A whole upload; the reply of its end."""
        begun = self.call("create_multipart_upload", headers, Key=key)["UploadId"]
        parts = []
        for number, body in enumerate(bodies, 1):
            given = {"x-amz-checksum-crc64nvme": crc64nvme(body)} if headers else None
            reply = self.call("upload_part", given, Key=key, UploadId=begun, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": reply["ETag"], **({"ChecksumCRC64NVME": crc64nvme(body)} if headers else {})})
        done = self.call("complete_multipart_upload", complete, Key=key, UploadId=begun, MultipartUpload={"Parts": parts})
        if not done:
            self.call("abort_multipart_upload", Key=key, UploadId=begun)
        return done

    def keys(self):
        return [item["Key"] for item in self.call("list_objects_v2").get("Contents", [])]


# ---- a question for each feature: the states that what was seen allows

def condition(reply):
    """Of a request that must not be carried out."""
    return LOST if reply else {"supported"}


def ask_put_create_only(p):
    p.put("c")
    return condition(p.put("c", {"If-None-Match": "*"}))


def ask_create_over_marker(p):
    if not p.call("head_bucket", Bucket="probes-markers"):
        p.server.make_bucket("probes-markers", versioning=True)
    p.put("c", Bucket="probes-markers")
    p.call("delete_object", Bucket="probes-markers", Key="c")
    return {"supported"} if p.put("c", {"If-None-Match": "*"}, Bucket="probes-markers") else {"refused"}


def ask_put_if_match(p):
    p.put("c")
    return condition(p.put("c", {"If-Match": NO_ETAG}))


def ask_complete_create_only(p):
    p.put("c")
    return condition(p.upload("c", {"If-None-Match": "*"}))


def ask_complete_if_match(p):
    p.put("c")
    return condition(p.upload("c", {"If-Match": NO_ETAG}))


def ask_copy_condition(p):
    p.put("c")
    p.put("d")
    return condition(p.call("copy_object", {"If-None-Match": "*"}, Key="d", CopySource=p.bucket + "/c"))


def ask_copy_if_match(p):
    p.put("c")
    return condition(p.call("copy_object", {"x-amz-copy-source-if-match": NO_ETAG}, Key="e", CopySource=p.bucket + "/c"))


def ask_delete_if_match(p):
    p.put("c")
    return condition(p.call("delete_object", {"If-Match": NO_ETAG}, Key="c"))


def ask_checksum_compared(p):
    return condition(p.put("c", {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA=", "x-amz-sdk-checksum-algorithm": "CRC64NVME"}))


def kept(p, headers, field, value):
    assert p.put("sum", headers), "a right checksum is refused"
    return {"supported"} if p.head("sum", ChecksumMode="ENABLED").get(field) == value else {"ignored", "refused"}


def ask_checksum_crc64nvme(p):
    """The kind is said twice exactly where the row says that it must be."""
    value = crc64nvme(BYTES)
    headers = {"x-amz-checksum-crc64nvme": value}
    needed = states(p.server.row)["sdk-checksum-algorithm"] == "supported"
    assert needed == ("supported" not in kept(p, headers, "ChecksumCRC64NVME", value)), "sdk-checksum-algorithm"
    return kept(p, {**headers, "x-amz-sdk-checksum-algorithm": "CRC64NVME"}, "ChecksumCRC64NVME", value)


def ask_checksum_crc32c(p):
    value = crc(BYTES, 32, 0x82f63b78)
    return kept(p, {"x-amz-checksum-crc32c": value, "x-amz-sdk-checksum-algorithm": "CRC32C"}, "ChecksumCRC32C", value)


def ask_checksum_multipart(p):
    """What is told of the whole is right, and a wrong one is refused. (moto 5.2.5 tells the right one, of this kind, and takes any.)"""
    bodies = (b"x" * (5 << 20), b"last")
    whole = {"x-amz-checksum-type": "FULL_OBJECT"}
    begin = {"x-amz-checksum-algorithm": "CRC64NVME", **whole}
    p.upload("m", whole, begin, bodies)
    if p.head("m", ChecksumMode="ENABLED").get("ChecksumCRC64NVME") != crc64nvme(b"".join(bodies)):
        return LOST | {"refused"}
    return condition(p.upload("m", {**whole, "x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}, begin))


def ask_abort_told(p):
    upload = p.call("create_multipart_upload", Key="u")["UploadId"]
    p.call("abort_multipart_upload", Key="u", UploadId=upload)
    return condition(p.call("abort_multipart_upload", Key="u", UploadId=upload))


def ask_mp_object_size(p):
    return condition(p.upload("m", {"x-amz-mp-object-size": "4"}))


def ask_delete_many(p):
    p.put("c")
    return condition(p.call("delete_objects", {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, Delete={"Objects": [{"Key": "c"}]}))


def ask_versions(p):
    p.server.make_bucket("probes-versions", versioning=True)
    first = p.put("v", Bucket="probes-versions")["VersionId"]
    p.put("v", Bucket="probes-versions", Body=b"other")
    found = p.call("get_object", Bucket="probes-versions", Key="v", VersionId=first)
    return {"supported"} if found and found["Body"].read() == BYTES else {"refused"}


def ask_version_order(p):
    p.server.make_bucket("probes-order", versioning=True)
    made, pages = [], []
    for number in range(2):
        made.append(p.put("o", Bucket="probes-order")["VersionId"])
        made.append(p.call("delete_object", Bucket="probes-order", Key="o")["VersionId"])
    p.client.meta.events.register("after-call.s3.ListObjectVersions", lambda http_response, **_: pages.append(http_response.text))
    p.call("list_object_versions", Bucket="probes-order")
    return {"supported"} if re.findall("<VersionId>(.*?)</VersionId>", pages[0]) == made[::-1] else {"ignored"}


def echoed(p, reply, key, field, value):
    if not reply:
        return {"refused"}
    return {"supported"} if p.head(key).get(field) == value else {"ignored"}


def ask_classes(p):
    return echoed(p, p.put("ia", StorageClass="STANDARD_IA"), "ia", "StorageClass", "STANDARD_IA")


def ask_encryption(p):
    return echoed(p, p.put("sse", ServerSideEncryption="AES256"), "sse", "ServerSideEncryption", "AES256")


def ask_encryption_kms(p):
    return echoed(p, p.put("kms", ServerSideEncryption="aws:kms"), "kms", "ServerSideEncryption", "aws:kms")


def ask_tagging(p):
    p.put("t")
    p.call("put_object_tagging", Key="t", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    return {"supported"} if p.call("get_object_tagging", Key="t")["TagSet"] == [{"Key": "a", "Value": "b"}] else LOST


def ask_restore(p):
    if not p.put("cold", StorageClass="GLACIER"):
        p.put("cold")
    return {"supported"} if p.call("restore_object", Key="cold", RestoreRequest={"Days": 1}) else {"refused"}


def ask_raw_keys(p):
    p.put("lead")
    p.put("/lead", Body=b"other")
    if p.call("get_object", Key="lead")["Body"].read() == b"other":
        return {"destructive"}
    return {"supported"} if "/lead" in p.keys() else {"refused"}


def ask_key_beside_prefix(p):
    p.put("beside/b")
    if not p.put("beside"):
        return {"refused"}
    return {"supported"} if {"beside", "beside/b"} <= set(p.keys()) else {"ignored"}


def ask_bucket_location(p):
    if not p.call("create_bucket", Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}):
        return {"refused"}
    return {"supported"} if p.call("get_bucket_location", Bucket="elsewhere")["LocationConstraint"] == "eu-west-1" else {"ignored"}


# ---- settings of buckets, each in a bucket of its own: put, and told again

def setting(p, name, put, get, read, want, asked=None, **words):
    bucket = "probes-" + name
    if not p.call("head_bucket", Bucket=bucket):
        p.server.make_bucket(bucket, versioning=True)
    if not p.call(put, Bucket=bucket, **words):
        return {"refused"}
    found = p.call(get, Bucket=bucket, **asked or {})
    return {"supported"} if found and read(found) == want else LOST


def encryption(p, name, algorithm):
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}
    return setting(p, name, "put_bucket_encryption", "get_bucket_encryption", lambda found: found["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"],
                   {"SSEAlgorithm": algorithm}, ServerSideEncryptionConfiguration=rules)


def ask_bucket_encryption(p):
    return encryption(p, "sse", "AES256")


def ask_bucket_encryption_kms(p):
    return encryption(p, "sse-kms", "aws:kms")


def ask_bucket_tagging(p):
    tags = [{"Key": "a", "Value": "b"}]
    return setting(p, "tags", "put_bucket_tagging", "get_bucket_tagging", lambda found: found["TagSet"], tags, Tagging={"TagSet": tags})


def lifecycle(p, name, read, want, **rule):
    rule = {"ID": "one", "Status": "Enabled", "Filter": {"Prefix": "a/"}, **rule}
    return setting(p, name, "put_bucket_lifecycle_configuration", "get_bucket_lifecycle_configuration", lambda found: read(found["Rules"][0]), want, LifecycleConfiguration={"Rules": [rule]})


def ask_lifecycle(p):
    return lifecycle(p, "rules", lambda rule: (rule["ID"], rule["Expiration"]), ("one", {"Days": 3}), Expiration={"Days": 3})


def ask_lifecycle_classes(p):
    moves = [{"Days": 30, "StorageClass": "GLACIER_IR"}]
    return lifecycle(p, "moves", lambda rule: rule["Transitions"], moves, Transitions=moves)


def ask_lifecycle_size(p):
    over = {"ObjectSizeGreaterThan": 5}
    return lifecycle(p, "sizes", lambda rule: rule.get("Filter"), over, Filter=over, Expiration={"Days": 3})


def ask_lifecycle_abort(p):
    aborts = {"DaysAfterInitiation": 7}
    return lifecycle(p, "aborts", lambda rule: rule.get("AbortIncompleteMultipartUpload"), aborts, AbortIncompleteMultipartUpload=aborts)


def ask_cors(p):
    rules = [{"ID": "one", "AllowedOrigins": ["https://a"], "AllowedMethods": ["GET"]}]
    return setting(p, "cors", "put_bucket_cors", "get_bucket_cors", lambda found: found["CORSRules"], rules, CORSConfiguration={"CORSRules": rules})


def ask_public_access(p):
    flags = {name: True for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}
    return setting(p, "blocked", "put_public_access_block", "get_public_access_block", lambda found: found["PublicAccessBlockConfiguration"], flags, PublicAccessBlockConfiguration=flags)


def ask_ownership(p):
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    return setting(p, "owned", "put_bucket_ownership_controls", "get_bucket_ownership_controls", lambda found: found["OwnershipControls"], rules, OwnershipControls=rules)


def ask_intelligent_tiering(p):
    tiers = {"Id": "one", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
    return setting(p, "tiers", "put_bucket_intelligent_tiering_configuration", "get_bucket_intelligent_tiering_configuration", lambda found: found.get("IntelligentTieringConfiguration"), tiers,
                   {"Id": "one"}, Id="one", IntelligentTieringConfiguration=tiers)


def policy(p, name, **statement):
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "one", "Resource": "arn:aws:s3:::probes-%s/*" % name, **statement}]})
    return setting(p, name, "put_bucket_policy", "get_bucket_policy", lambda found: json.loads(found["Policy"])["Statement"][0]["Sid"], "one", Policy=text)


def ask_policy(p):
    return policy(p, "policy", Effect="Deny", Principal="*", Action="s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})


def ask_policy_readers(p):
    distribution = {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/E1"}}
    return policy(p, "readers", Effect="Allow", Principal={"Service": "cloudfront.amazonaws.com"}, Action="s3:GetObject", Condition=distribution)


def ask_policy_secret(p):
    """Who sends it is let in without an account, and nobody else."""
    kept = policy(p, "secret", Effect="Allow", Principal={"AWS": ["*"]}, Action=["s3:GetObject"], Condition={"StringEquals": {"aws:Referer": "word"}})
    p.put("k", Bucket="probes-secret")

    def let_in(**headers):
        try:
            return urllib.request.urlopen(urllib.request.Request(p.server.endpoint + "/probes-secret/k", headers=headers)).status == 200
        except urllib.error.HTTPError:
            return False
    return kept if let_in(Referer="word") and not let_in(Referer="words") and not let_in() else {"refused"}


def ask_replication(p):
    rules = {"Role": "arn:aws:iam::123456789012:role/copies", "Rules": [{
        "ID": "one", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""}, "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::probes-policy"}}]}
    return setting(p, "copied", "put_bucket_replication", "get_bucket_replication", lambda found: found["ReplicationConfiguration"]["Rules"][0]["ID"], "one", ReplicationConfiguration=rules)


ASKED = {name[4:].replace("_", "-"): function for name, function in list(globals().items()) if name.startswith("ask_")}


def check(name):
    probe, claimed, wrong = Probe(name), states(name), {}
    assert set(claimed) == set(ASKED) | set(ELSEWHERE), set(claimed) ^ (set(ASKED) | set(ELSEWHERE))
    for feature, ask in ASKED.items():
        found = ask(probe)
        if claimed[feature] not in found:
            wrong[feature] = (claimed[feature], found)
    assert not wrong, wrong


def test_live_table_minio():
    check("minio")


def test_live_table_versitygw():
    check("versitygw")


def test_live_table_moto():
    check("moto")


def test_live_table_page():
    """doc/dev/servers.md has the table; `test-live-table.py print` writes it."""
    names, lines = printed()
    new = "| feature | what it is | %s |\n|%s\n" % (" | ".join(names), "---|" * (len(names) + 2))
    new += "".join("| `%s` | %s | %s |\n" % (words[0], words[-2], " | ".join(words[1:-2])) for words in lines)
    new += "\nWhat the driver does where a server cannot:\n\n" + "".join("- `%s`: %s.\n" % (words[0], words[-1]) for words in lines if words[-1])
    with open(PAGE) as file:
        page = file.read()
    before, rest = page.split(MARKS[0])
    old, after = rest.split(MARKS[1])
    if "print" in sys.argv[1:]:
        with open(PAGE, "w") as file:
            file.write(before + MARKS[0] + new + MARKS[1] + after)
    else:
        assert old == new, "the page is not the table; %s print writes it" % sys.argv[0]


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
