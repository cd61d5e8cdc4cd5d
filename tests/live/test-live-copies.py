#!/usr/bin/env python3
"""test-live-copies: large objects from store to store: in parts that the service copies, beyond what one request takes; and from one service to
another range by range, without a whole object on the disk."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402

MIB = 1 << 20
LARGE = os.urandom(MIB) * 300 + b"end"           # three parts of 128 MiB
MIDDLE = os.urandom(MIB) * 41 + b"end"           # six ranges of 8 MiB
FACTS = dict(ContentType="x/y", CacheControl="max-age=5", ContentDisposition="inline", ContentEncoding="zip", Metadata={"job": "7"}, Tagging="a=1&b=2")


class Place(Scene):
    def __init__(self, name):
        super().__init__(servers.start(name), ["create = no", "attempts = 2", "copy-most = 200MiB"])
        self.server.make_bucket("bucket", versioning=True)
        self.use_bucket("bucket")

    def facts(self, key):
        head = self.client.head_object(Bucket="bucket", Key=key)
        tags = self.client.get_object_tagging(Bucket="bucket", Key=key)["TagSet"]
        return {name: head.get(name) for name in FACTS if name != "Tagging"} | {"ContentLength": head["ContentLength"], "tags": sorted((t["Key"], t["Value"]) for t in tags)}

    def body(self, key):
        return self.client.get_object(Bucket="bucket", Key=key)["Body"].read()

    def uploads(self):
        return self.client.list_multipart_uploads(Bucket="bucket").get("Uploads", [])

    def asked(self, mark, text):
        return [r for r in self.between.requests[mark:] if text in r["path"]]


place = Places(Place)


def within(name):
    at = place(name)
    at.client.put_object(Bucket="bucket", Key="large", Body=LARGE, **FACTS)
    mark = len(at.between.requests)
    done = at.run("--json", "cp", "images:large", "images:copy")
    parts = [r for r in at.asked(mark, "partNumber=") if r["method"] == "PUT"]
    assert done.code == 0 and len(parts) == 3 and sum(r["body_bytes"] for r in parts) == 0, (done, parts)
    assert at.facts("copy") == at.facts("large") and at.body("copy") == LARGE and at.uploads() == []


def test_live_copies_in_parts_minio():
    within("minio")


def test_live_copies_in_parts_versitygw():
    within("versitygw")


def test_live_copies_in_parts_rolled_back():
    """A version beyond the limit comes back whole (c-T23's kind: what one request cannot do is no reason to fail)."""
    at = place()
    at.client.put_object(Bucket="bucket", Key="rolled", Body=LARGE, **FACTS)
    then = at.client.head_object(Bucket="bucket", Key="rolled")["LastModified"]
    version = at.client.head_object(Bucket="bucket", Key="rolled")["VersionId"]
    before = at.facts("rolled")
    at.client.put_object(Bucket="bucket", Key="rolled", Body=b"new")
    done = at.run("--json", "cp", "--version", version, "images:rolled", "images:rolled")
    assert done.code == 0 and at.facts("rolled") == before and at.body("rolled") == LARGE, (done, then)


def rolled_back(name, again):
    """A prefix rolled back to a time when it held one beyond the limit; once more changes nothing where the service tells the checksum of a copy
    in parts, else it is copied again: its etag is of other parts."""
    at = place(name)
    at.put("large", LARGE)
    assert at.run("put", "--content-type", "x/y", "--metadata", "job=7", at.path("large"), "images:then/large").code == 0
    before = at.facts("then/large")
    then = [line["time"] for line in at.run("--json", "versions", "images:then/large").lines if "time" in line]
    at.client.put_object(Bucket="bucket", Key="then/large", Body=b"new")
    words = ("--json", "undelete", "-r", "--at", then[0], "images:then/")
    mark = len(at.between.requests)
    done = at.run(*words)
    parts = [r for r in at.asked(mark, "partNumber=") if r["method"] == "PUT"]
    assert done.code == 0 and done.lines[-1]["restored"] == 1 and len(parts) == 3 and sum(r["body_bytes"] for r in parts) == 0, (done, parts)
    assert at.body("then/large") == LARGE and at.facts("then/large") == before and at.uploads() == []
    done = at.run(*words)
    assert done.code == 0 and done.lines[-1]["done"] == again and done.lines[-1]["skipped"] == 1 - again, done


def test_live_copies_in_parts_undelete_at_minio():
    rolled_back("minio", 1)


def test_live_copies_in_parts_undelete_at_versitygw():
    rolled_back("versitygw", 0)


def test_live_copies_source_replaced_between_parts():
    """412 for a part, or another etag where it is looked at: no copy that is half of each, no upload left."""
    at = place()
    part, look = {"method": "PUT", "path": "partNumber=2"}, {"method": "HEAD", "path": "/moving$"}
    for rule in ({**part, "nth": 1}, look):
        at.client.put_object(Bucket="bucket", Key="moving", Body=LARGE)
        mark, replaced = len(at.between.requests), []

        def replace(_):
            if not replaced and (rule is not look or at.asked(mark, "partNumber=1")):
                replaced.append(at.client.put_object(Bucket="bucket", Key="moving", Body=LARGE[::-1]))
        at.between.plan([{**rule, "before": replace}])
        done = at.run("--json", "--jobs", "1", "cp", "images:moving", "images:half")
        keys = [item["Key"] for item in at.client.list_objects_v2(Bucket="bucket").get("Contents", [])]
        assert done.code == 5 and replaced and "half" not in keys and at.uploads() == [], (rule, done, keys)


def test_live_copies_source_replaced_between_ranges():
    """The same, of ranges that are carried to another service."""
    at = place()
    at.client.put_object(Bucket="bucket", Key="moving", Body=MIDDLE)
    at.between.plan([{"method": "GET", "path": "/moving$", "nth": 3, "before": lambda record: at.client.put_object(Bucket="bucket", Key="moving", Body=MIDDLE[::-1])}])
    done = at.run("--json", "--jobs", "1", "cp", "images:moving", "backups:half")
    assert done.code == 5 and at.run("stat", "backups:half").code == 3, done


def test_live_copies_source_replaced_behind_the_look():
    """What is copied in one request is what was looked at, whose attributes the copy has."""
    at = place()
    at.client.put_object(Bucket="bucket", Key="small", Body=b"old", ContentType="x/old")
    at.between.plan([{"method": "PUT", "path": "/other$", "nth": 1, "before": lambda record: at.client.put_object(Bucket="bucket", Key="small", Body=b"new", ContentType="x/new")}])
    done = at.run("--json", "cp", "images:small", "images:other")
    keys = [item["Key"] for item in at.client.list_objects_v2(Bucket="bucket").get("Contents", [])]
    assert done.code == 5 and "other" not in keys, (done, keys)


def test_live_copies_part_fails():
    """200 with an error in it, for good: failed, nothing there, the upload given up."""
    at = place()
    at.client.put_object(Bucket="bucket", Key="large", Body=LARGE)
    body = "\n\n<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    at.between.plan([{"method": "PUT", "path": "partNumber=3", "do": "reply", "status": 200, "body": body}])
    done = at.run("--json", "cp", "images:large", "images:denied")
    keys = [item["Key"] for item in at.client.list_objects_v2(Bucket="bucket").get("Contents", [])]
    assert done.code == 4 and "denied" not in keys and at.uploads() == [], (done, keys)


def test_live_copies_between_services():
    """From the mock into MinIO and back: ranges and parts at once, attributes kept, no whole copy on the disk."""
    at = place()
    at.put("middle", MIDDLE)
    assert at.run("put", "--content-type", "x/y", "--metadata", "job=7", at.path("middle"), "backups:m").code == 0
    mark = len(at.between.requests)
    done = at.run("--json", "cp", "backups:m", "images:m")
    parts = [r for r in at.asked(mark, "partNumber=") if r["method"] == "PUT"]
    assert done.code == 0 and len(parts) == 6, (done, len(parts))
    head = at.client.head_object(Bucket="bucket", Key="m")
    assert at.body("m") == MIDDLE and head["ContentType"] == "x/y" and head["Metadata"] == {"job": "7"}, head
    mark = len(at.between.requests)
    assert at.run("cp", "images:m", "backups:back").code == 0
    ranges = [r for r in at.asked(mark, "/bucket/m") if r["method"] == "GET" and "tagging" not in r["path"]]
    assert len(ranges) == 6 and all(dict((n.lower(), v) for n, v in r["headers"]).get("if-match") for r in ranges), len(ranges)
    assert at.run("get", "backups:back", at.path("back")).code == 0
    with open(at.path("back"), "rb") as file:
        assert file.read() == MIDDLE


run_in(place, sys.modules[__name__])
