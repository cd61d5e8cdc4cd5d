#!/usr/bin/env python3
"""A cache on a file system with the manners of NFS: no files without a name, errors at fsync and close, ESTALE, renames and links that were done and are
denied; and what larder doctor --mount finds there; c-C08, c-C09."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import MIB, SLOW, bad, larder, model_line, read, run, write  # noqa: E402
from disks import SMALL, Disk  # noqa: E402

LARGE = os.urandom(17 * MIB)


def test_cache_nfs_load():
    with Disk(data=LARGE) as cache:
        first, _ = cache.load("base")
        assert first["how"] == "filled" and read(first["path"]) == LARGE and cache.load("base")[0]["how"] == "hit"
        assert cache.private() == [], cache.private()
        assert cache.run("model", "verify").code == 0


def test_cache_nfs_done_and_denied():
    """c-C08: each rename, link and removal in turn says that it failed; what is there decides, and nothing is left."""
    for call in ("rename", "link", "unlink"):
        for number in range(1, 9):
            with Disk("%s:late:%d:1" % (call, number)) as cache:
                got = cache.run("model", "load", "base", "--base", "sdxl", "--json")
                assert got.code == 0 and read(model_line(got.out)["path"]) == SMALL, (call, number, got.err)
                assert len(cache.listed("--old")) == 1 and cache.private() == [], (call, number, cache.private())


def test_cache_nfs_get_done_and_denied():
    """c-C08: eight that get one object into one folder, while renames are denied: all end well, no private file stays."""
    with Disk("rename:late:2:3,link:late:1:2") as cache:
        running = [cache.start("get", "-q", "models:sdxl/base.safetensors", os.path.join(cache.root, "m")) for _ in range(8)]
        done = [process.communicate(timeout=60 * SLOW)[1] for process in running]
        assert [process.returncode for process in running] == [0] * 8, done
        assert os.listdir(cache.root) == ["m"] and read(os.path.join(cache.root, "m")) == SMALL


def test_cache_nfs_get_killed():
    """Killed at any step of getting a file onto such a mount, where private files have names: the same command ends well, and nothing else is there."""
    kills = 0
    for data, calls in ((SMALL, ("write", "pwrite", "fsync", "renameat")), (LARGE, ("pwrite", "fsync", "renameat"))):
        with Disk(data=data) as cache:
            for call, number in ((call, number) for call in calls for number in range(1, 6)):
                target = os.path.join(cache.root, "m")
                words = ("get", "-q", "models:sdxl/base.safetensors", target)
                left = cache.run(*words, env=bad("%s:kill:%d:1" % (call, number))).code
                kills += left != 0
                there = os.listdir(cache.root)
                assert cache.run(*words).code == 0 and os.listdir(cache.root) == ["m"] and read(target) == data, (call, number, left, there)
                os.unlink(target)
    assert kills > 5, kills


def test_cache_nfs_errors_at_the_end():
    """Bytes that are lost are told at fsync or only at close: nothing is published, the code says why, and the next load fills."""
    for wrong, code in (("fsync:ENOSPC:1:1", 7), ("fsync:EDQUOT:1:1", 7), ("flush:ENOSPC:1:1", 7), ("flush:EDQUOT:1:1", 7), ("fsync:EIO:1:1", None), ("flush:EIO:1:1", None)):
        with Disk(wrong) as cache:
            got = cache.run("model", "load", "base", "--base", "sdxl")
            assert got.code == code if code else got.code > 1, (wrong, got.code, got.err)
            assert not os.path.lexists(os.path.join(cache.root, "sdxl/base.safetensors")) and cache.listed() == []
            assert cache.load("base")[0]["how"] == "filled"


def test_cache_nfs_stale():
    """ESTALE at each open in turn, twice, since the kernel asks again: of the record, of a folder, of a file. The path comes, or the error says what."""
    for number in range(1, 8):
        with Disk("open:ESTALE:%d:2" % number) as cache:
            got = cache.run("model", "load", "base", "--base", "sdxl", "--json")
            path = got.code == 0 and os.path.relpath(model_line(got.out)["path"], cache.root)
            assert path and read(cache.path("below", path)) == SMALL, (number, got.err)


def test_cache_nfs_close_to_open():
    """A client that keeps what it knows of names until their folder is opened. Who waits there, for a lease that another has for long, has the path as soon as
    a third machine has filled without it, and finds the file. A newer generation is seen when it is asked for."""
    with Disk(manners="names:kept", data=LARGE) as cache:
        there, path = cache.elsewhere(cache.path("below"), "lock-name = another:{name}"), os.path.join(cache.root, "sdxl/base.safetensors")
        words = ("model", "load", "base", "--base", "sdxl", "--json")
        holder = cache.start(*words, "--bandwidth", "100KB/s", env=cache.elsewhere(cache.path("holder")))
        try:
            cache.until(lambda: cache.lease())
            assert not os.path.lexists(path)
            waiter = cache.start(*words, "--wait", "60s")
            assert json.loads(waiter.stdout.readline())["type"] == "version" and json.loads(waiter.stdout.readline())["type"] == "waiting"
            assert cache.load("base", env=there)[0]["how"] == "filled"
            out, err = waiter.communicate(timeout=30 * SLOW)
            assert waiter.returncode == 0 and model_line(out)["how"] == "waited", (out, err)
            assert read(model_line(out)["path"]) == LARGE and read(path) == LARGE
            assert holder.poll() is None
        finally:
            holder.terminate()
            holder.communicate(timeout=60 * SLOW)
        cache.put("sdxl/base.safetensors", SMALL)
        assert cache.load("base", "sdxl", "--revalidate", env=there)[0]["generation"] == 2
        assert read(cache.load("base")[0]["path"]) in (LARGE, SMALL)
        assert read(cache.load("base", "sdxl", "--revalidate")[0]["path"]) == SMALL


def test_cache_nfs_many_at_once():
    """Many at once on such a mount: one fills."""
    with Disk(data=LARGE) as cache:
        running = [cache.start("model", "load", "base", "--base", "sdxl", "--json") for _ in range(8)]
        done = [process.communicate(timeout=120 * SLOW) for process in running]
        assert all(process.returncode == 0 for process in running), done
        hows = [model_line(out)["how"] for out, _ in done]
        assert hows.count("filled") == 1 and read(model_line(done[0][0])["path"]) == LARGE, hows


def test_cache_nfs_as_a_store():
    """The driver efs on such a mount: a file that is stale when it is opened (also for the kernel, which asks twice) is asked for again, one that cannot be read is told and nothing of it kept; a
    folder that cannot be listed is no empty one: nothing is removed for its sake."""
    for wrong, code in (("open:ESTALE:1:2", 0), ("read:EIO:1:0", None), ("read:ESTALE:1:0", None)):
        with Disk(wrong) as cache:
            write(os.path.join(cache.root, "x"), SMALL)
            got = cache.run("get", "-q", "files:x", cache.path("back"))
            assert (got.code == 0 and read(cache.path("back")) == SMALL) if code == 0 else (got.code > 1 and "x" in got.err), (wrong, got.code, got.err)
            assert code == 0 or not os.path.exists(cache.path("back"))
            os.unlink(os.path.join(cache.root, "x"))
    told = 0
    for number in range(1, 6):                       # the three folders, and whoever else looks into one
        with Disk("readdir:EIO:%d:1" % number) as cache:
            for name in ("a/x", "b/y"):
                write(os.path.join(cache.root, name), SMALL)
                cache.put("kept/" + name, SMALL)
            got = cache.run("sync", "--delete", "--json", "files:", "models:kept/")
            assert got.code == 0 or got.code > 1 and "cannot list" in got.err, (number, got.code, got.err)
            assert len(cache.run("ls", "-r", "--json", "models:kept/").lines()) == 4, number
            told += got.code > 1
            assert cache.run("sync", "-q", "--delete", "files:", "models:kept/").code == 0
    assert told == 3, told


def test_cache_nfs_doctor():
    """A folder that behaves passes; a mount whose locks keep nobody out is told, with what to do; nothing stays of the tries. What that mount says of
    rename is left out: it opens files by names that it looked up before."""
    with Disk() as cache:
        got = larder("doctor", "--mount", cache.top)
        assert got.code == 0 and got.out.count("  ok ") >= 8 and "FAILED" not in got.out, got.out + got.err
    with Disk(manners="locks:none") as cache:
        got = larder("doctor", "--mount", cache.root, "--json")
        failed = [line["what"] for line in got.lines() if line["type"] == "finding" and line["verdict"] == "fail" and line["what"] != "rename"]
        assert got.code == 8 and failed == ["range locks", "file locks"] and "two processes hold one" in got.err and "nolock" in got.err, got.out + got.err
        assert os.listdir(cache.root) == []
    got = larder("doctor", "--mount", os.path.join(cache.top, "absent"))
    assert got.code == 3 and "absent" in got.err, got.err


run(sys.modules[__name__])
