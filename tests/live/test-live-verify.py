#!/usr/bin/env python3
"""test-live-verify: larder verify on real servers: by their checksums without a byte fetched, and by reading where those say nothing."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402

PART = 5 << 20
LARGE = os.urandom(1 << 20) * 11 + b"end"


class Place(Scene):
    def __init__(self, name):
        super().__init__(servers.start(name), ["create = no", "attempts = 2"])
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")
        for path, data in (("tree/a", b"a" * 5000), ("tree/b/c", os.urandom(70000)), ("tree/large", LARGE)):
            os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
            self.put(path, data)
        assert self.run("put", "-r", self.path("tree") + "/", "images:one/").code == 0
        assert self.run("put", "-r", self.path("tree") + "/", "images:two/").code == 0

    def verify(self, *words, code=0):
        """(summary, [method path-without-query], bytes of replies to GETs of objects)"""
        mark = len(self.between.requests)
        done = self.run("--json", "verify", *words)
        assert done.code == code, done
        seen = self.between.requests[mark:]
        gets = [r for r in seen if r["method"] == "GET" and "list-type" not in r["path"]]
        return done.lines[-1], [r["method"] for r in seen if "list-type" not in r["path"]], sum(r["reply_bytes"] for r in gets)

    def in_parts(self, key, size, **more):
        """As another client puts it: parts of `size`."""
        upload = self.client.create_multipart_upload(Bucket="bucket", Key=key, **more)["UploadId"]
        parts = []
        for number, at in enumerate(range(0, len(LARGE), size), 1):
            reply = self.client.upload_part(Bucket="bucket", Key=key, UploadId=upload, PartNumber=number, Body=LARGE[at:at + size], **more)
            parts.append({name: value for name, value in reply.items() if name == "ETag" or name.startswith("Checksum")} | {"PartNumber": number})
        self.client.complete_multipart_upload(Bucket="bucket", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


place = Places(Place)


def by_checksums(name):
    """One look an object and side, no byte: c-T12's kind: an etag of parts is no checksum of bytes."""
    scene = place(name)
    last, asked, read = scene.verify("images:one/", "images:two/")
    assert last["same"] == 3 and read == 0 and asked == ["HEAD"] * 6, (last, asked, read)
    last, asked, read = scene.verify(scene.path("tree"), "images:one/")
    assert last["same"] == 3 and read == 0 and asked == ["HEAD"] * 3, (last, asked, read)
    last, asked, read = scene.verify("--download", "images:one/", "images:two/")
    assert last["same"] == 3 and read == 2 * (5000 + 70000 + len(LARGE)), (last, asked, read)


def differs(name):
    """Other bytes of one size, found without reading them."""
    scene = place(name)
    other = bytearray(LARGE)
    other[len(other) // 2] ^= 1
    scene.put("other", bytes(other))
    assert scene.run("put", scene.path("other"), "images:other").code == 0
    last, _, read = scene.verify("images:one/large", "images:other", code=6)
    assert last["differs"] == 1 and read == 0, (last, read)
    last, _, read = scene.verify(scene.path("tree/large"), "images:other", code=6)
    assert last["differs"] == 1 and read == 0, (last, read)


def test_live_verify_by_checksums_minio():
    by_checksums("minio")


def test_live_verify_by_checksums_versitygw():
    by_checksums("versitygw")


def test_live_verify_differs_minio():
    differs("minio")


def test_live_verify_differs_versitygw():
    differs("versitygw")


def other_parts(name, **more):
    """The same bytes in parts of another size, with no checksum of the whole: etags differ, reading tells."""
    scene = place(name)
    scene.in_parts("parts", PART, **more)
    last, _, read = scene.verify("images:one/large", "images:parts")
    assert last["same"] == 1 and read == len(LARGE), (last, read)
    last, _, read = scene.verify(scene.path("tree/large"), "images:parts")
    assert last["same"] == 1 and read == len(LARGE), (last, read)


def test_live_verify_composite_checksums_minio():
    other_parts("minio", ChecksumAlgorithm="CRC32C")


def test_live_verify_no_checksums_minio():
    other_parts("minio")


def test_live_verify_moto():
    """Where the server tells no checksum, both are read."""
    scene = place("moto")
    last = scene.verify("images:one/", "images:two/")[0]
    assert last["same"] == 3, last
    last = scene.verify(scene.path("tree"), "images:two/")[0]
    assert last["same"] == 3, last
    scene.put("tree/a", b"A" * 5000)
    assert scene.verify(scene.path("tree"), "images:two/", code=6)[0]["differs"] == 1
    scene.put("tree/a", b"a" * 5000)


def test_live_verify_archived():
    """What is archived is known by its checksum; where it has to be read it is not ready: 9."""
    scene = place("minio")
    archived = [{"method": "GET", "path": "/bucket/one/a", "do": "reply", "code": "InvalidObjectState", "status": 403}]
    scene.between.plan(archived)
    assert scene.verify("images:one/a", "images:two/a")[0]["same"] == 1
    last = scene.verify("--download", "images:one/a", "images:two/a", code=9)[0]
    scene.between.plan([])
    assert last["failed"] == 1, last


def test_live_verify_changed_while_read():
    """Another object under the key between the look and the read: refused, not compared."""
    scene = place("minio")
    scene.in_parts("moving", PART)
    scene.between.plan([{"method": "GET", "path": "/bucket/moving", "do": "pass", "nth": 1,
                         "before": lambda record: scene.client.put_object(Bucket="bucket", Key="moving", Body=LARGE)}])
    done = scene.run("--json", "verify", scene.path("tree/large"), "images:moving")
    scene.between.plan([])
    assert done.code != 0 and done.lines[-1]["failed"] == 1, done


run_in(place, sys.modules[__name__])
