#!/usr/bin/env python3
"""Space in a model cache: quota, who goes first, pins, holds, full disks."""
import os
import signal
import subprocess
import sys
import time
from datetime import datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import ENV, LARDER, SLOW, SPACE, Cache, bad, model_line, run  # noqa: E402

KIB = 1024


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def filled(*settings, names="abc"):
    cache = Cache(*settings)
    for name in names:
        cache.put("sdxl/%s.safetensors" % name, name.encode() * 100 * KIB)
        cache.load(name)
    return cache


def used(cache, name, ago):
    """As if it had been loaded that many seconds before."""
    path = os.path.join(cache.root, ".larder/gen/sdxl%%2F%s.safetensors" % name)
    for number in (entry for entry in os.listdir(path) if entry.isdigit()):
        then = time.time() - ago
        os.utime(os.path.join(path, number), (then, then))


def names(cache):
    return "".join(sorted(os.path.basename(line["path"])[0] for line in cache.listed()))


def test_cache_room_evict_by_use():
    cache = filled("hold = 60s")
    for name, ago in (("a", 300), ("b", 500), ("c", 10)):
        used(cache, name, ago)
    got = cache.run("model", "evict", "--bytes", "1", "-n", "--json")
    assert got.code == 0 and [line["action"] for line in got.lines() if line["type"] == "object"] == ["would-remove"] and names(cache) == "abc", got.out
    assert cache.run("model", "evict", "--bytes", "1").code == 0 and names(cache) == "ac"
    got = cache.run("model", "evict", "--bytes", "1GB")
    assert got.code == 7 and names(cache) == "c" and "hold" in got.err, (got.err, names(cache))
    assert cache.load("b")[0]["how"] == "filled" and cache.load("b")[0]["generation"] == 3


def test_cache_room_pin_and_hold():
    cache = filled("hold = 60s")
    for name in "abc":
        used(cache, name, 300)
    assert cache.run("model", "pin", "a", "--base", "sdxl").code == 0
    assert [line["pinned"] for line in cache.listed()] == [True, False, False]
    got = cache.run("model", "evict", "a", "--base", "sdxl")
    assert got.code == 5 and "unpin" in got.err and names(cache) == "abc", got.err
    used(cache, "b", 0)
    assert cache.run("model", "evict", "b", "--base", "sdxl").code == 5
    assert cache.run("model", "evict", "--bytes", "1").code == 0 and names(cache) == "ab"
    assert cache.run("model", "unpin", "a", "--base", "sdxl").code == 0 and cache.run("model", "evict", "a", "--base", "sdxl").code == 0 and names(cache) == "b"
    assert cache.run("model", "evict", "a", "--base", "sdxl").code == 3 and cache.run("model", "pin", "a", "--base", "sdxl").code == 3


def test_cache_room_quota():
    """The one used least lately makes room; where nothing may go, exit 7 says what is needed, and nothing was loaded."""
    cache = filled("hold = 60s", "quota = 350KiB")
    cache.put("sdxl/d.safetensors", b"d" * 100 * KIB)
    for name, ago in (("a", 100), ("b", 300), ("c", 200)):
        used(cache, name, ago)
    assert cache.load("d")[0]["how"] == "filled" and names(cache) == "acd", names(cache)
    for name in "acd":
        used(cache, name, 0)
    cache.put("sdxl/e.safetensors", b"e" * 100 * KIB)
    _, got = cache.load("e", code=7)
    assert "100.0 KiB" in got.err and "quota" in got.err and "larder model evict" in got.err and names(cache) == "acd", got.err


def test_cache_room_readers_lease():
    """A load with --hold keeps its model that long, a shorter one never takes from it; ls says until when, evict too."""
    cache = filled("hold = 60s", names="ab")
    for name in "ab":
        used(cache, name, 300)
    assert cache.load("a", "sdxl", "--hold", "2h")[0]["how"] == "hit" and cache.load("a")[0]["how"] == "hit"
    held = {os.path.basename(line["path"])[0]: seconds(line["held"]) - time.time() for line in cache.listed()}
    assert 7000 < held["a"] <= 7200 and held["b"] < -200, held
    assert all(seconds(line["used"]) <= time.time() for line in cache.listed())
    got = cache.run("model", "evict", "a", "--base", "sdxl")
    assert got.code == 5 and "held for readers until" in got.err and names(cache) == "ab", got.err
    assert cache.run("model", "evict", "--bytes", "1").code == 0 and names(cache) == "a"
    assert cache.load("a", "sdxl", "--hold", "x", code=2)[0] is None


def stopped(cache, where, *words):
    """What was started, asleep before the call `where`; None: it never came there."""
    process = cache.start("model", *words, env=bad(where.replace(":", ":stop:") + ":1"))
    if os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]):
        return process
    process.communicate()
    return None


def woken(process):
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=60 * SLOW)
    return out, err


def opens(path, data):
    with open(path, "rb") as file:
        return file.read() == data


def test_cache_room_load_while_evicted():
    """Whichever of the two sleeps at any step while the other goes its whole way: what a load told can be opened when both have ended."""
    kept = 0
    for call in ("linkat", "renameat", "symlinkat", "unlinkat", "fsync"):
        for number in range(1, 40):
            cache = filled("hold = 60s", names="a")
            used(cache, "a", 300)
            evicting = stopped(cache, "%s:%d" % (call, number), "evict", "a", "--base", "sdxl")
            if evicting is None:
                break
            model, _ = cache.load("a")
            woken(evicting)
            assert opens(model["path"], b"a" * 100 * KIB), (call, number, model)
            kept += model["how"] == "hit" and names(cache) == "a"
    assert kept >= 2, kept
    cache = filled("hold = 60s", names="a")
    used(cache, "a", 300)
    loading = stopped(cache, "utimensat:1", "load", "a", "--base", "sdxl", "--json")
    assert cache.run("model", "evict", "a", "--base", "sdxl").code == 0 and names(cache) == ""
    model = model_line(woken(loading)[0])
    assert model["how"] == "filled" and opens(model["path"], b"a" * 100 * KIB), model


def test_cache_room_old_generations_first():
    cache = filled("hold = 60s", names="ab")
    cache.put("sdxl/a.safetensors", b"A" * 100 * KIB)
    assert cache.load("a", "sdxl", "--revalidate")[0]["generation"] == 2
    used(cache, "a", 300)
    used(cache, "b", 500)
    assert cache.run("model", "evict", "--bytes", "1").code == 0 and names(cache) == "ab" and len(cache.listed("--old")) == 2
    assert cache.load("a")[0]["how"] == "hit"


def test_cache_room_full_disk():
    """Said before it starts, with what is needed and what is free; nothing is left of it."""
    cache = Cache()
    cache.put("sdxl/a.safetensors", os.urandom(3 << 20))
    os.makedirs(cache.root)
    script = 'mount -t tmpfs -o size=1M none "$1" && shift && "$@"; code=$?; find "$0" -type f | grep . && exit 99; exit $code'
    done = subprocess.run([*SPACE, "sh", "-c", script, cache.root, cache.root, LARDER, "model", "load", "a", "--base", "sdxl"], env={**ENV, **cache.env},
                          capture_output=True, text=True)
    assert done.returncode == 7 and "needs 3.0 MiB" in done.stderr and "free on its disk" in done.stderr, (done.returncode, done.stdout, done.stderr)


run(sys.modules[__name__])
