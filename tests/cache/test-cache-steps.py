#!/usr/bin/env python3
"""A load that ends, or is lied to, at each single step: the system's calls by which a model is loaded and published, one after the other; c-C01, c-C08."""
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import MIB, Cache, bad, read, run  # noqa: E402

CALLS = ("linkat", "renameat", "symlinkat", "unlinkat", "mkdirat", "fsync", "pwrite", "write")
FILES = {"a.safetensors": os.urandom(100000), "config.json": b"{}"}
LARGE = os.urandom(17 * MIB)


def single(data=FILES["a.safetensors"]):
    cache = Cache("wait = 30s")
    cache.put("sdxl/base.safetensors", data)
    return cache, ("sdxl/base.safetensors",)


def many():
    cache = Cache("pattern = {base}/{name}", "key = {base}/{name}/", "wait = 30s")
    for name, data in FILES.items():
        cache.put("sdxl/base/" + name, data)
    return cache, tuple("sdxl/base/" + name for name in FILES)


def whole_or_absent(cache, paths):
    """What can be opened at the stable path is all there, and right."""
    there = [os.path.exists(os.path.join(cache.root, path)) for path in paths]
    assert all(there) or not any(there), there
    for path, is_there in zip(paths, there):
        assert not is_there or read(os.path.join(cache.root, path)) in (*FILES.values(), LARGE), path


def each_step(how, make, after, calls=CALLS):
    """Steps until one load went through undisturbed."""
    steps = 0
    for call in calls:
        most = 3 if call in ("pwrite", "write") else 60
        for number in range(1, most + 1):
            cache, paths = make()
            got = cache.run("model", "load", "base", "--base", "sdxl", "--json", env=bad("%s:%s:%d:1" % (call, how, number)))
            whole_or_absent(cache, paths)
            if not after(cache, got, (call, number)):
                break
            steps += 1
            shutil.rmtree(cache.path("locks"))           # the lease of the dead is not the subject here
            again, _ = cache.load("base")
            whole_or_absent(cache, paths)
            assert os.path.exists(os.path.join(cache.root, paths[0])) and again["generation"] <= 2, (call, number, again)
            assert cache.private() == [], (call, number, cache.private())
    return steps


def killed(cache, got, where):
    assert got.code in (0, -signal.SIGKILL), (where, got.code, got.err)
    return got.code != 0


def test_cache_steps_killed_one_file():
    assert each_step("kill", single, killed) > 25


def test_cache_steps_killed_in_ranges():
    assert each_step("kill", lambda: single(LARGE), killed, ("linkat", "pwrite", "fsync")) > 8


def test_cache_steps_killed_many_files():
    assert each_step("kill", many, killed) > 30


def test_cache_steps_done_and_denied():
    """c-C08: a rename, link or removal that was done, and is said to have failed: what is there decides."""
    for call in ("renameat", "linkat", "unlinkat"):
        for number in range(1, 12):
            cache, paths = single()
            got = cache.run("model", "load", "base", "--base", "sdxl", "--json", env=bad("%s:late:%d:1" % (call, number)))
            assert got.code == 0 and read(os.path.join(cache.root, paths[0])) == FILES["a.safetensors"], (call, number, got.err)
            assert len(cache.listed("--old")) == 1, (call, number)


def test_cache_steps_link_taken_away():
    """Somebody who came later took the private link away just before it was switched, and his own is not there yet: it is made anew."""
    cache, paths = single()
    cache.load("base")
    os.unlink(os.path.join(cache.root, paths[0]))
    got = cache.run("model", "load", "base", "--base", "sdxl", env=bad("renameat:ENOENT:1:1"))
    assert got.code == 0 and read(os.path.join(cache.root, paths[0])) == FILES["a.safetensors"], got.err
    assert cache.private() == [], cache.private()


def test_cache_steps_no_room_at_the_end():
    """Space that ends at fsync: exit 7, nothing is published, and the next load fills."""
    for how in ("ENOSPC", "EDQUOT"):
        cache, paths = single()
        got = cache.run("model", "load", "base", "--base", "sdxl", env=bad("fsync:%s:1:0" % how))
        assert got.code == 7 and not os.path.lexists(os.path.join(cache.root, paths[0])) and cache.listed() == [], (how, got.code, got.err)
        assert cache.load("base")[0]["how"] == "filled"


run(sys.modules[__name__])
