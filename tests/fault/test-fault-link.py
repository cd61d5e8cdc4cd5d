#!/usr/bin/env python3
"""test-fault-link: the line to the server breaks in the middle of a transfer: all connections are reset, and new ones refused. Back after a
while, the transfer ends right; gone for good, it ends with a named error in good time, nothing is lost, and the same command goes on from there. And an
upload that the server has damaged meanwhile is given up, and sent anew."""
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import link  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
from folders import files  # noqa: E402
from scene import Scene  # noqa: E402

MIB = 1 << 20
LARGE = os.urandom(24 * MIB + 65541)            # four parts
TREE = {"%d/%02d" % (number % 5, number): os.urandom(20000 + number) for number in range(40)}
AWAY = 2                                        # seconds; it is waited for 5, as long as for a connection


class Place(Scene):
    def __init__(self):
        super().__init__(servers.start("minio"))
        self.between.stop()
        self.between = None
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")
        self.put("large", LARGE)
        for name, data in TREE.items():
            os.makedirs(os.path.dirname(self.path("tree", name)), exist_ok=True)
            self.put("tree/" + name, data)

    def clean(self):
        for key in self.keys():
            self.client.delete_object(Bucket="bucket", Key=key)
        for name in ("out", "state"):
            shutil.rmtree(self.path(name), ignore_errors=True)

    def objects(self):
        return {key: self.client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in self.keys()}

    def journals(self):
        folder = self.path("state/larder/transfers")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def through(self, line, *words):
        self.between = line
        try:
            return self.run("--json", *words)
        finally:
            self.between = None

    def whole(self, got, want):
        assert got.keys() == want.keys() and all(got[name] == data for name, data in want.items()), sorted(got)
        assert not self.journals() and not self.uploads(), (self.journals(), self.uploads())


place = Place()


def put():
    place.clean()
    return ("put", place.path("large"), "images:t"), {"t": LARGE}, place.objects


def get():
    put()
    place.client.put_object(Bucket="bucket", Key="t", Body=LARGE, ChecksumAlgorithm="CRC64NVME")
    return ("get", "images:t", place.path("out/t")), {"t": LARGE}, lambda: files(place.path("out"))


def up():
    place.clean()
    return ("sync", place.path("tree"), "images:"), TREE, place.objects


def down():
    place.clean()
    for name, data in TREE.items():
        place.client.put_object(Bucket="bucket", Key=name, Body=data, ChecksumAlgorithm="CRC64NVME")
    return ("sync", "images:", place.path("out")), TREE, lambda: files(place.path("out"))


def comes_back(make, after):
    words, want, look = make()
    with link.Link(place.server.endpoint) as line:
        line.breaks(after, AWAY)
        done = place.through(line, *words)
        assert done.code == 0 and line.down == 1, done
    place.whole(look(), want)


def test_fault_link_back_put():
    comes_back(put, 9 * MIB)


def test_fault_link_back_get():
    comes_back(get, 9 * MIB)


def test_fault_link_back_sync():
    comes_back(up, 300000)
    comes_back(down, 300000)


def gone(make, after):
    words, want, look = make()
    with link.Link(place.server.endpoint) as line:
        line.breaks(after, None)
        begun = time.monotonic()
        done = place.through(line, *words)
        spent = time.monotonic() - begun
        assert done.code == 8 and line.down == 1 and done.error["code"] == "UNAVAILABLE" and done.error["next"], done
        assert spent < 15 * servers.SLOW, spent        # once for all, not for each file
        left = {name: data for name, data in look().items() if not os.path.basename(name).startswith(".tmp-")}
        assert all(want[name] == data for name, data in left.items()), sorted(left)
        line.mend()
        passed = line.passed
        done = place.through(line, *words)
        assert done.code == 0, done
    place.whole(look(), want)
    return line.passed - passed


def test_fault_link_gone_put():
    assert gone(put, 21 * MIB) < len(LARGE), "what had arrived was sent again"


def test_fault_link_gone_get():
    assert gone(get, 21 * MIB) < len(LARGE), "what had arrived was asked for again"


def test_fault_link_gone_sync():
    gone(up, 300000)
    gone(down, 300000)


def test_fault_link_damaged_upload():
    """MinIO forgets the parts and the checksum of an upload whose client leaves while it is being finished: the next one's end does not
    fit. It is given up, and the whole sent anew."""
    words, want, look = put()
    with proxy.Proxy(place.server.endpoint, [{"method": "PUT", "path": "partNumber=3", "do": "cut-before"}]) as between:
        assert place.through(between, *words).code == 8 and place.journals()
        between.plan([{"method": "POST", "path": "uploadId=", "nth": 1, "do": "reply", "status": 400, "code": "XAmzContentChecksumMismatch"}])
        done = place.through(between, *words)
        begun = [record["status"] for record in between.requests if record["method"] == "POST" and "uploads" in record["path"]]
        assert done.code == 0 and len(begun) == 2, (done, begun)
    place.whole(look(), want)


try:
    tap.run(sys.modules[__name__])
finally:
    place.__exit__()
    place.server.stop()
