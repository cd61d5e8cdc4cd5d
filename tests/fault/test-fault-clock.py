#!/usr/bin/env python3
"""test-fault-clock: the wall clock jumps twenty minutes in the midst of a transfer: on, back, or on and home again. It is learned from the
server's Date, signed again and said once; every byte arrives; a back-off or a deadline under way neither fires nor hangs, for it goes by another clock."""
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
import tap  # noqa: E402
from clock import Clock  # noqa: E402
from folders import files  # noqa: E402
from scene import Scene  # noqa: E402

MIB = 1 << 20
LARGE = os.urandom(64 * MIB + 65541)            # nine parts
TREE = {"%d/%02d" % (number % 5, number): os.urandom(20000 + number) for number in range(40)}
ON, BACK = 1200, -1200                          # MinIO takes fifteen minutes either way
MOST = 6                                        # under way at a time: two, and the listing; each asked anew where a HEAD's refusal says nothing
REPLY = 2 * servers.SLOW                        # seconds that a reply is waited for


class Place(Scene):
    def __init__(self):
        super().__init__(servers.start("minio"), ["reply-timeout = %ds" % REPLY])
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")
        self.put("large", LARGE)
        for name, data in TREE.items():
            os.makedirs(os.path.dirname(self.path("tree", name)), exist_ok=True)
            self.put("tree/" + name, data)
        self.clock = Clock(self.path("shift"))

    def clean(self):
        super().clean()
        for key in self.keys():
            self.client.delete_object(Bucket="bucket", Key=key)
        for name in ("out", "state"):
            shutil.rmtree(self.path(name), ignore_errors=True)

    def objects(self):
        return {key: self.client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in self.keys()}

    def whole(self, got, want):
        assert got.keys() == want.keys() and all(got[name] == data for name, data in want.items()), sorted(got)
        assert not self.journals() and not self.uploads(), (self.journals(), self.uploads())


place = Place()


def put():
    place.clean()
    return {"method": "PUT", "path": "partNumber="}, ("put", place.path("large"), "images:t"), {"t": LARGE}, place.objects


def get():
    put()
    place.client.put_object(Bucket="bucket", Key="t", Body=LARGE, ChecksumAlgorithm="CRC64NVME")
    return {"method": "GET", "path": "/t"}, ("get", "images:t", place.path("out/t")), {"t": LARGE}, lambda: files(place.path("out"))


def up():
    place.clean()
    return {"method": "PUT"}, ("sync", place.path("tree"), "images:"), TREE, place.objects


def down():
    place.clean()
    for name, data in TREE.items():
        place.client.put_object(Bucket="bucket", Key=name, Body=data, ChecksumAlgorithm="CRC64NVME")
    return {"method": "GET", "path": "/[0-9]/"}, ("sync", "images:", place.path("out")), TREE, lambda: files(place.path("out"))


def jumping(make, *jumps):
    """The clock jumps as the third request of that kind comes, which is throttled and so backs off, while the one beside it gets no reply
    until its deadline; and home again a few later. What was signed by a clock that was wrong by then is refused, once, and nothing after."""
    rule, words, want, look = make()
    place.clock.set(0)
    place.between.plan([{**rule, "nth": 3 + 6 * n, "before": lambda _, to=to: place.clock.set(to), "do": "reply", "code": "SlowDown"} for n, to in enumerate(jumps)]
                       + [{**rule, "nth": 3, "do": "stall"}])
    first, begun = len(place.between.requests), time.monotonic()
    done = place.run("--json", "--jobs", "2", *words, more=place.clock.environment)
    spent = time.monotonic() - begun
    refused = [(r["method"], r["path"]) for r in place.between.requests[first:] if r["status"] == 403]
    assert done.code == 0 and len(jumps) <= len(refused) <= MOST * len(jumps), (done, refused)
    said = [line for line in done.err.splitlines() if "timedatectl" in line]
    assert len(said) == 1 and ("ahead of" if jumps[0] > 0 else "behind") in said[0], done
    assert spent < REPLY + 15 * servers.SLOW, spent
    place.whole(look(), want)


def each_way(make):
    for jumps in ((ON,), (BACK,), (ON, 0), (BACK, 0)):
        jumping(make, *jumps)


def test_fault_clock_put():
    each_way(put)


def test_fault_clock_get():
    each_way(get)


def test_fault_clock_sync_up():
    each_way(up)


def test_fault_clock_sync_down():
    each_way(down)


try:
    tap.run(sys.modules[__name__])
finally:
    place.__exit__()
    place.server.stop()
