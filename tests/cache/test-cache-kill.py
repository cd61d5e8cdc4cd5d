#!/usr/bin/env python3
"""Loads of a model that are killed at random instants, stopped, or many at once: a reader finds it whole or not at all, one fills in the good
case, and the next load ends what was begun; c-C01, c-C04, c-C06."""
import fcntl
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import MIB, SLOW, Cache, model_line, read, run  # noqa: E402

BIG, OTHER = os.urandom(24 * MIB + 7), os.urandom(24 * MIB + 7)
ROUNDS = 30


class Reader(threading.Thread):
    """Looks at the stable path all the time: what can be opened there is whole."""

    def __init__(self, path, wholes):
        super().__init__()
        self.path, self.wholes, self.wrong, self.over, self.seen = path, wholes, None, False, 0

    def run(self):
        while not self.over:
            try:
                data = read(self.path)
            except FileNotFoundError:
                continue
            self.seen += 1
            if data not in self.wholes:
                self.wrong = "%d bytes" % len(data)
                return

    def end(self):
        self.over = True
        self.join()
        assert self.wrong is None, self.wrong


def test_cache_kill_at_any_instant():
    """c-C01: while new versions come and each load is killed, a reader finds all of one or nothing, model ls never shows a partial one, and the
    next load goes on or begins anew."""
    cache = Cache("lease = 300ms")
    path = os.path.join(cache.root, "sdxl/base.safetensors")
    cache.put("sdxl/base.safetensors", OTHER)
    cache.load("base")
    reader = Reader(path, {BIG, OTHER})
    reader.start()
    chance = random.Random(7)
    killed = 0
    try:
        for number in range(ROUNDS):
            cache.put("sdxl/base.safetensors", (BIG, OTHER)[number % 2])
            process = cache.start("model", "load", "base", "--base", "sdxl", "--revalidate", "--json")
            time.sleep(chance.uniform(0, 0.06) * SLOW)
            process.kill()
            killed += process.wait() == -signal.SIGKILL
            process.communicate()
            for line in cache.listed():
                assert line["length"] == len(BIG) and read(line["path"]) in (BIG, OTHER)
    finally:
        reader.end()
    cache.put("sdxl/base.safetensors", BIG[1:])
    got, _ = cache.load("base", "sdxl", "--revalidate")
    assert got["how"] == "filled" and read(got["path"]) == BIG[1:] and cache.private() == [], cache.private()
    assert killed > ROUNDS // 5 and reader.seen > 0, (killed, reader.seen)


def test_cache_kill_sixteen_at_once():
    """One download in the good case, all get the same path."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", BIG)
    running = [cache.start("model", "load", "base", "--base", "sdxl", "--json") for _ in range(16)]
    done = [process.communicate(timeout=120 * SLOW) for process in running]
    assert all(process.returncode == 0 for process in running), done
    found = [model_line(out) for out, _ in done]
    hows = sorted(line["how"] for line in found)
    assert hows.count("filled") == 1 and set(hows) <= {"filled", "waited", "hit"}, hows
    assert len({line["path"] for line in found}) == 1 and len(cache.listed("--old")) == 1 and read(found[0]["path"]) == BIG
    assert cache.private() == [], cache.private()


def test_cache_kill_all_switch_at_once():
    """Twenty who find a record whose link was not switched yet switch it all at once: each gets the path."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", b"x" * 1000)
    path = cache.load("base")[0]["path"]
    for _ in range(5):
        os.unlink(path)
        running = [cache.start("model", "load", "base", "--base", "sdxl") for _ in range(20)]
        done = [process.communicate(timeout=60 * SLOW) for process in running]
        assert [process.returncode for process in running] == [0] * 20 and {out for out, _ in done} == {path + "\n"}, done
    assert cache.private() == [] and len(cache.listed("--old")) == 1


def test_cache_kill_without_a_lock_service():
    """Whoever's lock does not answer fills all the same: duplicate work, one published copy, told. Here somebody stopped while he had the record's
    own lock."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", BIG)
    os.makedirs(cache.path("locks"))
    with open(cache.path("locks", "model%3Adownload%3Alock%3Abase.lock"), "w") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        running = [cache.start("model", "load", "base", "--base", "sdxl", "--json") for _ in range(6)]
        done = [process.communicate(timeout=120 * SLOW) for process in running]
    assert all(process.returncode == 0 for process in running), done
    assert any("the lock does not answer" in err and "is in use" in err for _, err in done), done
    assert len(cache.listed("--old")) == 1 and read(model_line(done[0][0])["path"]) == BIG and cache.private() == [], cache.private()


def test_cache_kill_beaten_in_the_midst():
    """One that is still loading when another publishes throws its own away, the folders that it made meanwhile too."""
    cache = Cache("pattern = {base}/{name}", "key = {base}/{name}/")
    for name in "abc":
        cache.put("sdxl/base/" + name, BIG[:17 * MIB])
    os.makedirs(cache.path("locks"))
    with open(cache.path("locks", "model%3Adownload%3Alock%3Abase.lock"), "w") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        slow = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "10MB/s", "--json", "--jobs", "1")
        wait_for_private(cache)
        assert cache.load("base")[0]["how"] == "filled"
        out, err = slow.communicate(timeout=60 * SLOW)
    assert slow.returncode == 0 and model_line(out)["generation"] == 1 and len(cache.listed("--old")) == 1, (out, err)
    assert cache.private() == [], cache.private()


def test_cache_kill_the_holder():
    """kill -9 of the one that fills: a waiter takes over when the lease has ended, and not much later."""
    cache = Cache("lease = 2s", "wait = 60s")
    cache.put("sdxl/base.safetensors", BIG)
    holder = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "4MB/s")
    wait_for_private(cache)
    waiter = cache.start("model", "load", "base", "--base", "sdxl", "--json")
    said = next(line for line in waiter.stderr if "waiting for sdxl/base.safetensors" in line)
    holder.kill()
    holder.communicate()
    began = time.monotonic()
    out, err = waiter.communicate(timeout=60 * SLOW)
    took = time.monotonic() - began
    line = model_line(out)
    assert waiter.returncode == 0 and line["how"] == "filled" and read(line["path"]) == BIG and took < 8 * SLOW, (took, out, err)
    assert "pid %d" % holder.pid in said, said


def wait_for_private(cache):
    end = time.monotonic() + 30 * SLOW
    while time.monotonic() < end:
        if any("/fill" in folder and names for folder, _, names in os.walk(cache.root)):
            return
        time.sleep(0.02)
    raise AssertionError("nothing is being filled")


def test_cache_kill_stopped_past_the_lease():
    """c-C06: the holder sleeps past its lease, a second fills and publishes; woken up, the first finds its lease gone and uses what is there."""
    cache = Cache("lease = 2s", "wait = 60s")
    cache.put("sdxl/base.safetensors", BIG)
    holder = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "4MB/s", "--json")
    wait_for_private(cache)
    cache.stop(holder)
    try:
        second, _ = cache.load("base")
        assert second["how"] == "filled" and second["generation"] == 1, second
    finally:
        holder.send_signal(signal.SIGCONT)
    out, err = holder.communicate(timeout=60 * SLOW)
    assert holder.returncode == 0 and model_line(out)["how"] == "waited", (out, err)
    assert len(cache.listed("--old")) == 1 and read(second["path"]) == BIG and cache.private() == [], cache.private()


def test_cache_kill_a_lease_that_came_late():
    """The answer to the first try for the lock comes when two thirds of its lease are over: a lease runs from before it was asked for, so nothing is
    published under it; the second is in time."""
    cache = Cache("lease = 2s", "lock-name = model:late:{name}", lock="driver = faulty\nfolder = %s\nfault = late-answer")
    cache.put("sdxl/base.safetensors", b"model")
    os.makedirs(cache.path("locks"))
    assert cache.load("base")[0]["how"] == "filled"
    (lease,) = os.listdir(cache.path("locks"))
    fence = int.from_bytes(read(cache.path("locks", lease))[:8], sys.byteorder)
    assert fence == 2 and cache.listed()[0]["generation"] == 1, fence


def test_cache_kill_stopped_behind_a_newer_one():
    """Fence: what the sleeper began is older than what was published meanwhile, and never takes its place."""
    cache = Cache("lease = 2s", "wait = 60s")
    newer = os.urandom(MIB)
    cache.put("sdxl/base.safetensors", BIG)
    holder = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "4MB/s", "--json")
    wait_for_private(cache)
    cache.stop(holder)
    try:
        cache.load("base")
        cache.put("sdxl/base.safetensors", newer)
        assert cache.load("base", "sdxl", "--revalidate")[0]["generation"] == 2
    finally:
        holder.send_signal(signal.SIGCONT)
    out, err = holder.communicate(timeout=60 * SLOW)
    assert holder.returncode == 0 and read(os.path.join(cache.root, "sdxl/base.safetensors")) == newer, (out, err)
    assert cache.load("base")[0]["generation"] == 2


def test_cache_kill_waiter_at_its_end():
    """c-C07: a waiter ends at its deadline with exit 5, says who fills and how far he is, and leaves the holder's lock alone."""
    cache = Cache("lease = 20s")
    cache.put("sdxl/base.safetensors", BIG)
    holder = cache.start("model", "load", "base", "--base", "sdxl", "--bandwidth", "4MB/s", "--json")
    wait_for_private(cache)
    _, got = cache.load("base", "sdxl", "--wait", "1s", code=5)
    assert "was not there after 1" in got.err and "pid %d" % holder.pid in got.err and "--wait" in got.err, got.err
    out, err = holder.communicate(timeout=60 * SLOW)
    assert holder.returncode == 0 and model_line(out)["how"] == "filled", (out, err)


def test_cache_kill_readers_while_it_changes():
    """c-C04: many processes load and read while new versions are published: each gets a whole old one or a whole new one."""
    cache = Cache("pattern = {base}/{name}", "key = {base}/{name}/")
    versions = [bytes([number]) * 70000 for number in range(12)]

    def publish(number):
        for name in ("a", "b"):
            cache.put("sdxl/base/" + name, versions[number])

    publish(0)
    cache.load("base")
    wrong, over = [], threading.Event()

    def read_on():
        while not over.is_set():
            got, _ = cache.load("base")
            pair = read(os.path.join(got["path"], "a")), read(os.path.join(got["path"], "b"))
            if pair[0] != pair[1] or pair[0] not in versions:
                wrong.append([data[:1] for data in pair])

    readers = [threading.Thread(target=read_on) for _ in range(6)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, len(versions)):
            publish(number)
            cache.load("base", "sdxl", "--revalidate")
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert not wrong, wrong[:3]
    assert cache.load("base")[0]["generation"] == len(versions)


run(sys.modules[__name__])
