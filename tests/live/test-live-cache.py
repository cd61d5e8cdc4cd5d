#!/usr/bin/env python3
"""The model cache on MinIO: one download for sixteen workers, counted at a proxy; what is missing alone after a break; a source that stalls or goes
away; new objects while one loads; c-C01, c-C07."""
import glob
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from clock import Clock  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402

MIB = 1 << 20
BIG, OTHER = os.urandom(40 * MIB + 5), os.urandom(40 * MIB + 5)
KEY = "sdxl/base.safetensors"
SIZE = int(os.environ.get("LARDER_CACHE_MIB", "0"))     # of one more download: `make check-fault` has one of 1 GiB


class Place(Scene):
    """The profile that we ship: its lock is in Redis; or one whose lock is a file."""

    def __init__(self, lock):
        super().__init__(servers.start("minio"))
        self.server.make_bucket("models")
        self.change(self.config, "[store \"models\"]\n", ["bucket = models"])
        self.change(self.config, "[cache \"models\"]\n", ["lease = 4s", "wait = 90s"])
        self.redis = servers.start("redis") if lock == "redis" else None
        self.secrets = {"LARDER_REDIS": self.redis.address, "LARDER_REDIS_PASSWORD": self.redis.password} if self.redis else {}
        if not self.redis:
            self.replace('lock "models"', ["driver = file", "root = " + self.path("locks")])
        self.number = 0

    def __exit__(self, *words):
        if self.redis:
            self.redis.stop()
        super().__exit__(*words)

    def fresh(self, data=BIG):
        """A folder of its own, and the object in the source."""
        self.number += 1
        self.root = self.path("root%d" % self.number)
        self.between.plan([])
        self.client.put_object(Bucket="models", Key=KEY, Body=data)
        self.mark = len(self.between.requests)

    def words(self, *more):
        return ("--json", "model", "load", "base", "--base", "sdxl", *more)

    def begin(self, *more, clock=None):
        return self.start(*self.words(*more), more={"LARDER_ROOT": self.root, **self.secrets, **(clock.environment if clock else {})})

    def load(self, *more):
        done = self.end(self.begin(*more))
        done.model = next((line for line in done.lines if line["type"] == "model"), {})
        return done

    def cache(self, *words):
        return self.end(self.start("--json", "model", *words, more={"LARDER_ROOT": self.root, **self.secrets}))

    def path_of(self):
        return os.path.join(self.root, "models", KEY)

    def bytes(self):
        with open(self.path_of(), "rb") as file:
            return file.read()

    def ranges(self):
        return [r for r in self.between.requests[self.mark:] if r["method"] == "GET" and KEY in r["path"]]

    def break_off(self, nth):
        """A load that hangs at that range; the process, once what came before is in its journal."""
        self.between.plan([{"method": "GET", "path": KEY, "nth": nth, "do": "stall"}])
        process = self.begin("--jobs", "1")
        self.wait_for(nth)
        end = time.monotonic() + 60 * servers.SLOW
        while self.recorded() < nth - 1:
            assert time.monotonic() < end, "no range was recorded"
            time.sleep(0.02)
        return process

    def recorded(self):
        """Ranges that the journal of the one load tells of."""
        found = glob.glob(os.path.join(self.root, "models/.larder/gen/*/fill/state/transfers/*.journal"))
        with open(found[0], "rb") as file:
            return file.read().count(b"\n") - 1

    def wait_for(self, count):
        end = time.monotonic() + 60 * servers.SLOW
        while len(self.ranges()) < count:
            assert time.monotonic() < end, "no range was asked for"
            time.sleep(0.02)


place = Places(Place, "file")


def one_download(here, data=BIG):
    here.fresh(data)
    began = time.monotonic()
    running = [here.begin() for _ in range(16)]
    done = [here.end(process) for process in running]
    took = time.monotonic() - began
    assert [each.code for each in done] == [0] * 16, done
    models = [next(line for line in each.lines if line["type"] == "model") for each in done]
    assert sum(model["how"] == "filled" for model in models) == 1 and len({model["path"] for model in models}) == 1, models
    asked = [dict((name.lower(), value) for name, value in r["headers"]).get("range") for r in here.ranges()]
    assert len(asked) == len(set(asked)) == -(-len(data) // (8 * MIB)) and here.bytes() == data, asked
    return took


def test_live_cache_one_download_for_sixteen():
    """Each range is asked for once; all get the one path, and its bytes are the object's."""
    one_download(place())


def test_live_cache_one_download_under_redis():
    one_download(place("redis"))
    if SIZE:
        took = one_download(place("redis"), os.urandom(SIZE * MIB))
        print("# 16 workers, %d MiB cold on MinIO and Redis: each byte once, all have the path after %.1f s" % (SIZE, took))


def clock_jumps(here):
    """On for who fills and back for who waits, and the other way, while it takes longer than a lease: the one keeps the lock, the other
    neither takes it nor gives up."""
    for filler, waiter in ((1200, -1200), (-1200, 1200)):
        here.fresh()
        clocks = [Clock(here.path("clock%d" % number)) for number in range(2)]
        first = here.begin("--bandwidth", "6MB/s", clock=clocks[0])
        here.wait_for(1)
        second = here.begin(clock=clocks[1])
        here.wait_for(3)
        clocks[0].set(filler)
        clocks[1].set(waiter)
        done = [here.end(first), here.end(second)]
        models = [next((line for line in each.lines if line["type"] == "model"), {}) for each in done]
        assert [each.code for each in done] == [0, 0] and [model["how"] for model in models] == ["filled", "waited"], done
        got = [dict((name.lower(), value) for name, value in r["headers"]).get("range") for r in here.ranges() if r["status"] != 403]
        assert len(got) == len(set(got)) == 6 and here.bytes() == BIG and {model["generation"] for model in models} == {1}, got


def test_live_cache_clock_jumps():
    clock_jumps(place())


def test_live_cache_clock_jumps_under_redis():
    clock_jumps(place("redis"))


def lost_to_another(lose):
    """Whoever fills finds, long before its end, that his lease is no more, and leaves the work to whoever has it by then: though he had begun first, and would
    be done first."""
    here = place("redis")
    here.fresh()
    here.change(here.config, "[cache \"models\"]\n", ["lease = 60s"])
    try:
        first = here.begin("--bandwidth", "3MB/s")
        here.wait_for(2)
        second = here.begin("--bandwidth", "2500KB/s")
        assert any("waiting" in line for line in second.stderr)
        lose(here)
        done = [here.end(first), here.end(second)]
    finally:
        here.change(here.config, "[cache \"models\"]\n", ["lease = 4s"])
    models = [line for each in done for line in each.lines if line["type"] == "model"]
    assert [(line["how"], line["generation"]) for line in models] == [("waited", 1), ("filled", 1)] and here.bytes() == BIG, done


def test_live_cache_redis_flushed():
    def flush(here):
        with here.redis.talk() as talk:
            talk.ask("FLUSHALL")

    lost_to_another(flush)


def test_live_cache_redis_restarted_without_data():
    def restart(here):
        here.redis.kill()
        here.redis.again()

    lost_to_another(restart)


def test_live_cache_redis_silent():
    """A partition: connections stay open and nothing comes. Those who wait for the lock do without it; all end well, one publishes, and it is told
    why more than one loaded."""
    here = place("redis")
    here.fresh()
    running = [here.begin("--bandwidth", "8MB/s") for _ in range(3)]
    here.wait_for(2)
    here.redis.pause()
    try:
        done = [here.end(process) for process in running]
    finally:
        here.redis.resume()
    assert [each.code for each in done] == [0] * 3 and here.bytes() == BIG, done
    assert {line["generation"] for each in done for line in each.lines if line["type"] == "model"} == {1}, done
    assert any("the lock does not answer" in each.err for each in done), done


def test_live_cache_redis_dies():
    """Killed while one fills and others wait: duplicate work at the most, all end well, within the lease and not long after."""
    here = place("redis")
    here.fresh()
    running = [here.begin("--bandwidth", "16MB/s") for _ in range(3)]
    here.wait_for(2)
    here.redis.kill()
    try:
        done = [here.end(process) for process in running]
        assert [each.code for each in done] == [0] * 3 and here.bytes() == BIG, done
        assert {line["generation"] for each in done for line in each.lines if line["type"] == "model"} == {1}, done
        assert here.load().model["how"] == "hit"
        here.fresh()
        alone = here.load()
        assert alone.code == 0 and alone.model["how"] == "filled" and "the lock does not answer" in alone.err, alone
    finally:
        here.redis.again()
    here.fresh()
    assert here.load().model["how"] == "filled"


def test_live_cache_goes_on():
    """kill -9 in the midst: whoever comes next asks only for what is missing."""
    here = place()
    here.fresh()
    first = here.break_off(4)
    first.kill()
    here.end(first)
    assert not os.path.lexists(here.path_of())
    here.between.plan([])
    here.mark = len(here.between.requests)
    done = here.load()
    assert done.code == 0 and done.model["how"] == "filled" and here.bytes() == BIG, done
    assert len(here.ranges()) == 3, here.ranges()


def test_live_cache_source_goes_away():
    """Waiting or filling: what is there is given, what is not says that the service does not answer, and goes on when it is back."""
    here = place()
    here.fresh()
    assert here.load().code == 0
    here.server.kill()
    try:
        done = here.load()
        assert done.code == 0 and done.model["how"] == "hit", done
        assert here.load("--revalidate").code == 8
        root, here.root = here.root, here.path("other")
        done = here.load()
        assert done.code == 8 and done.error["next"] and not os.path.lexists(here.path_of()), done
        here.root = root
    finally:
        here.server.again()
    assert here.load("--revalidate").model["how"] == "hit"


def test_live_cache_source_falls_silent():
    """In the midst of a body, on an open connection: no event comes, and at two thirds of the lease (4 s) the work is given up all the same. Whoever comes next goes
    on; where the source stays silent, the time to wait is the end of it."""
    here = place()
    silent = {"method": "GET", "path": KEY, "do": "cut-reply", "bytes": 300000, "hold": True}
    for times in ({"nth": 3}, {}):
        here.fresh()
        here.between.plan([{**silent, **times}])
        began = time.monotonic()
        done = here.load("--jobs", "1", "--wait", "6s")
        took = time.monotonic() - began
        assert 2 < took < 25 * servers.SLOW, (took, done)
        if times:
            assert done.code == 0 and done.model["how"] == "filled" and here.bytes() == BIG and len(here.ranges()) == 7, (done, len(here.ranges()))
        else:
            assert done.code == 8 and "two thirds of the lease" in done.err and not os.path.lexists(here.path_of()), done


def test_live_cache_replaced_while_it_loads():
    """Ranges are of one object: another that comes meanwhile is loaded whole instead, or not at all."""
    here = place()
    here.fresh()
    here.between.plan([{"method": "GET", "path": KEY, "nth": 3, "before": lambda _: here.client.put_object(Bucket="models", Key=KEY, Body=OTHER)}])
    done = here.load("--jobs", "1")
    assert done.code == 0 and here.bytes() == OTHER, done


def test_live_cache_replaced_before_each_request():
    """Another, longer one comes before the first request, before the second, and so on to the last, by which the source is asked once more: it is what is
    loaded, and what the cache says of it, which it had asked before it loaded, is true of it."""
    here = place()
    old, new = BIG[:17 * MIB], OTHER[:18 * MIB]

    def replace(_):
        tags.append(here.client.put_object(Bucket="models", Key=KEY, Body=new)["ETag"])

    number = 0
    while True:
        number += 1
        here.fresh(old)
        tags = [here.client.head_object(Bucket="models", Key=KEY)["ETag"]]
        here.between.plan([{"nth": number, "before": replace}])
        done = here.load("--jobs", "1")
        if len(tags) == 1:
            break
        listed = [line for line in here.cache("ls").lines if line["type"] == "model"]
        told = [(line["length"], line["etag"].strip('"')) for line in [done.model] + listed]
        assert here.bytes() == new and told == [(len(new), tags[1].strip('"'))] * 2, (number, told, tags)
        verified = here.cache("verify")
        assert verified.code == 0, (number, verified)
    assert number > 6, number


def test_live_cache_cut_in_the_midst():
    """c-C01: the line breaks in every reply: the load exits 8 and names the model, which is not there, nor listed as if it were. Where it
    breaks now and then the load brings all of it."""
    here = place()
    here.fresh()
    here.between.plan([{"method": "GET", "path": KEY, "do": "cut-reply", "bytes": 300000}])
    done = here.load()
    assert done.code == 8 and "base.safetensors" in done.err and not os.path.lexists(here.path_of()), done
    listed = [(line["state"], line["current"]) for line in here.cache("ls").lines if line["type"] == "model"]
    assert set(listed) <= {("unfinished", False)}, listed
    here.between.plan([{"method": "GET", "path": KEY, "nth": [1, 4, 5], "do": "cut-reply", "bytes": 300000}])
    done = here.load()
    assert done.code == 0 and done.model["how"] == "filled" and here.bytes() == BIG and here.cache("verify").code == 0, done


def test_live_cache_sigterm():
    """Ends in time with its exit code and its last line, gives the lock back at once, and what was loaded stays for the next."""
    here = place()
    here.fresh()
    process = here.break_off(3)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    done = here.end(process)
    assert done.code == 143 and time.monotonic() - began < 5 * servers.SLOW and json.loads(done.out.splitlines()[-1])["type"] == "summary", done
    here.between.plan([])
    here.mark = len(here.between.requests)
    began = time.monotonic()
    done = here.load()
    assert done.code == 0 and done.model["how"] == "filled" and here.bytes() == BIG and len(here.ranges()) == 4, (done, len(here.ranges()))
    assert "waiting" not in done.err, done.err


run_in(place, sys.modules[__name__])
