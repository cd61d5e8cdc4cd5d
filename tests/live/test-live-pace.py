#!/usr/bin/env python3
"""test-live-pace: what --requests and --bandwidth allow is what a server gets, whatever command it comes from: every request counts
(listings, looks, parts, ends of uploads, tries after a 503), and every byte, also of one small object."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import TOOL, Scene, run_in  # noqa: E402

MIB = 1 << 20
FOUR = os.urandom(4 * MIB)
TAKES = 0.2                     # seconds


class Paced(Scene):
    def __init__(self):
        super().__init__(servers.start("minio"))
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")

    def asked(self, rate, *words, **kinds):
        """The requests of a run, none of which came before its turn: the k-th not before (k - 1) / rate."""
        mark, began = len(self.between.requests), time.monotonic()
        done = self.run("--requests", str(rate), *words, **kinds)
        assert done.code == 0, done
        seen = sorted(record["at"] - began for record in self.between.requests[mark:])
        early = [(k, at) for k, at in enumerate(seen) if at < k / rate]
        assert not early, "of %d requests at %d a second, these came too early: %s" % (len(seen), rate, early[:5])
        return self.between.requests[mark:]

    def start_to(self, out, *words):
        return subprocess.Popen([TOOL, "--config", self.config, "--profile", self.profile, *words], stdout=out, cwd=self.folder, env=self.environment())

    def tree(self, name, count):
        os.makedirs(self.path(name))
        for i in range(count):
            self.put("%s/%04d" % (name, i), b"small %d" % i)
        return self.path(name)


place = Paced()


def test_live_pace_small_puts():
    """Forty files at 20 a second, with as many threads as there may be."""
    seen = place.asked(20, "put", "-r", place.tree("small", 40) + "/", "images:small/", "--jobs", "32")
    assert sum(r["method"] == "PUT" for r in seen) == 40, seen


def test_live_pace_listing():
    """Pages of a listing are requests: 2,001 keys, one page a second."""
    done = place.run("put", "-q", "-r", place.tree("many", 2001) + "/", "images:many/", direct=True)
    assert done.code == 0, done
    seen = place.asked(1, "ls", "--recursive", "images:many/")
    assert sum(r["method"] == "GET" and "list-type=2" in r["path"] for r in seen) == 3, seen


def test_live_pace_multipart():
    """Beginning, parts and end of an upload."""
    place.put("large", os.urandom(24 * MIB + 5))
    seen = place.asked(4, "put", place.path("large"), "images:large")
    kinds = [(r["method"], "uploads" in r["path"], "partNumber=" in r["path"]) for r in seen]
    assert kinds.count(("POST", True, False)) == 1 and kinds.count(("PUT", False, True)) == 4 and kinds.count(("POST", False, False)) == 1, kinds


def test_live_pace_tries():
    """A service that has too much to do is not asked sooner: each try has its turn."""
    place.between.plan([{"method": "PUT", "path": "/bucket/busy/", "nth": list(range(1, 9)), "do": "reply", "code": "SlowDown"}])
    seen = place.asked(5, "put", "-r", place.tree("busy", 8) + "/", "images:busy/")
    place.between.plan([])
    assert sum(r["status"] == 503 for r in seen) == 8 and sum(r["method"] == "PUT" for r in seen) == 16, seen


def under_way(seen, since, until):
    """The most requests at once, each of which takes TAKES."""
    inside = [record["at"] for record in seen if since <= record["at"] < until]
    return max(sum(at <= other < at + TAKES for other in inside) for at in inside)


def test_live_pace_half_as_many_at_once():
    """A service that has too much to do gets half as many requests at a time, and not again more at once."""
    folder = place.tree("crowd", 320)
    place.between.plan([{"method": "PUT", "path": "crowd/0040", "times": 3, "delay": TAKES, "do": "reply", "code": "SlowDown"},
                        {"method": "PUT", "delay": TAKES}])
    mark = len(place.between.requests)
    done = place.run("put", "-r", "--jobs", "16", folder + "/", "images:crowd/")
    place.between.plan([])
    assert done.code == 0, done
    seen = [record for record in place.between.requests[mark:] if record["method"] == "PUT"]
    told = max(record["at"] for record in seen if record["status"] == 503) + TAKES
    before, after = under_way(seen, 0, told - TAKES), under_way(seen, told + TAKES, told + 4 * TAKES)
    assert 12 <= before <= 16 and after <= 8, (before, after)


def test_live_pace_bytes_of_one_object():
    """4 MiB at 1 MB/s are 4.2 s, up and down, by a file, a pipe, standard output and to another storage, though each is one request."""
    four = place.put("four", FOUR)
    for key in ("a", "b", "c"):
        place.client.put_object(Bucket="bucket", Key=key, Body=FOUR)
    limit, began = ("--bandwidth", "1MB/s", "-q"), time.monotonic()
    with open(four, "rb") as file:
        runs = {"put": place.start(*limit, "put", four, "images:up"), "pipe": place.start(*limit, "put", "-", "images:pipe", stdin=file),
                "get": place.start(*limit, "get", "images:a", place.path("down"))}
        with open(place.path("out"), "wb") as out:
            runs["cat"] = place.start_to(out, *limit, "cat", "images:b")
        runs["through"] = place.start(*limit, "cp", "images:c", "model-cache:c")
        took = {}
        while len(took) < len(runs):
            for name, process in runs.items():
                if name not in took and process.poll() is not None:
                    took[name] = time.monotonic() - began
            time.sleep(0.01)
    for name, process in runs.items():
        words = process.communicate()
        assert process.returncode == 0 and took[name] >= (7 if name == "through" else 3.5), (name, took, words)
    for name in ("down", "out"):
        with open(place.path(name), "rb") as file:
            assert file.read() == FOUR, name
    for key in ("up", "pipe"):
        assert place.client.get_object(Bucket="bucket", Key=key)["Body"].read() == FOUR, key


def test_live_pace_bytes_sent_again():
    """A body that is sent again moves twice as many."""
    place.between.plan([{"method": "PUT", "path": "/bucket/again", "nth": 1, "do": "reply", "code": "SlowDown"}])
    mark, began = len(place.between.requests), time.monotonic()
    done = place.run("--bandwidth", "2MB/s", "put", place.put("four", FOUR), "images:again")
    took = time.monotonic() - began
    place.between.plan([])
    sent = [r["body_bytes"] for r in place.between.requests[mark:] if r["method"] == "PUT"]
    assert done.code == 0 and sent == [len(FOUR)] * 2 and took >= 3.5, (took, sent, done)


def test_live_pace_cancel_ends_the_wait():
    """A minute's wait, for requests or for bytes, ends within a second of a signal."""
    for limit, words in (("--requests", "1"), ("--bandwidth", "4KB/s")):
        process = place.start(limit, words, "put", "-r", place.path("small") + "/", place.path("four"), "images:cancelled/")
        deadline = time.monotonic() + 30
        while not [r for r in place.between.matching("PUT", "/bucket/cancelled/")] and time.monotonic() < deadline:
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        done = place.end(process)
        assert done.code == 143 and time.monotonic() - began < 1.5 * servers.SLOW, (limit, done)
        place.between.requests.clear()


# ---- the deadline of a run ----


def late(*words, seconds=2, **kinds):
    """A run that its deadline ends: exit 8, in time, named so, and the counts add up."""
    began = time.monotonic()
    done = place.run("--json", "--deadline", "%ds" % seconds, *words, **kinds)
    took, last = time.monotonic() - began, done.lines[-1]
    assert done.code == 8 and done.error.get("code") == "UNAVAILABLE" and "deadline" in str(done.error) and took < seconds + 1.5 * servers.SLOW, (took, done)
    assert last["exit"] == 8 and last["scanned"] == last["done"] + last["skipped"] + last["refused"] + last["failed"], last
    return last


def test_live_pace_deadline_of_what_is_throttled():
    """What the service puts off by 15 s is neither waited for nor put behind the rest beyond the deadline; the rest is done. Without the 503 the same
    command does what is missing."""
    place.between.plan([{"method": "PUT", "path": "/bucket/late/0003", "do": "reply", "code": "SlowDown", "headers": {"Retry-After": "15"}}])
    mark = len(place.between.requests)
    last = late("sync", place.tree("late", 8) + "/", "images:late/")
    tries = [r for r in place.between.requests[mark:] if r["path"].startswith("/bucket/late/0003")]
    assert last["done"] == 7 and len(tries) == 1, (last, tries)
    place.between.plan([])
    again = place.run("--json", "sync", place.path("late") + "/", "images:late/")
    assert again.code == 0 and again.lines[-1]["done"] == 1 and again.lines[-1]["skipped"] == 7, again


def test_live_pace_deadline_leaves_the_journal():
    """An upload in parts goes on where it was: its upload is open, and the next run sends the parts that are missing alone."""
    place.put("long", os.urandom(40 * MIB))
    late("--bandwidth", "8MB/s", "put", place.path("long"), "images:long", seconds=4)
    assert len(place.uploads()) == 1 and len(os.listdir(place.path("state/larder/transfers"))) == 1
    mark = len(place.between.requests)
    done = place.run("put", place.path("long"), "images:long")
    parts = [r["path"] for r in place.between.requests[mark:] if r["method"] == "PUT"]
    assert done.code == 0 and 1 <= len(parts) <= 3 and place.uploads() == [], (parts, done)
    with open(place.path("long"), "rb") as file:
        assert place.client.get_object(Bucket="bucket", Key="long")["Body"].read() == file.read()


run_in({"minio": place}, sys.modules[__name__])
