#!/usr/bin/env python3
"""A file system that takes chmod and forgets it, or refuses it, c-C09: models are filled and found there, and a sync with modes copies everything once, or fails before it
copies anything."""
import os
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import read, run, write  # noqa: E402
from disks import SMALL, Disk  # noqa: E402


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


FIXED = "modes:none", "modes:refused"


def kept(got):
    return [line["src"].split("/")[-1] for line in got.lines() if line.get("action") == "kept" and "mode 755" in line["reason"]]


def test_cache_modes_of_a_model():
    """Such a file can be read well enough: it is filled once, and the next load has it."""
    for manners in FIXED:
        with Disk(manners=manners) as cache:
            first, _ = cache.load("base")
            assert first["how"] == "filled" and read(first["path"]) == SMALL and mode(first["path"]) == 0o644, manners
            assert cache.load("base")[0]["how"] == "hit" and cache.private() == [] and cache.run("model", "verify").code == 0, manners


def test_cache_modes_of_a_sync():
    """By the driver and as plain files: all is there, and nothing goes again for its mode's sake; that it could not be set is told."""
    for manners in FIXED:
        with Disk(manners=manners) as cache:
            for to, more, told in (("files:sdxl/", (), []), (os.path.join(cache.root, "plain"), ("--mode", "755"), ["base.safetensors"])):
                did = [cache.run("sync", "--json", *more, "models:sdxl/", to) for _ in range(2)]
                assert [got.code for got in did] == [0, 0], (manners, [got.err for got in did])
                assert [got.summary()["copied"] for got in did] == [1, 0] and [kept(got) for got in did] == [told, told], (manners, [got.out for got in did])
            for path in ("sdxl/base.safetensors", "plain/base.safetensors"):
                assert read(os.path.join(cache.root, path)) == SMALL and mode(os.path.join(cache.root, path)) == 0o644, (manners, path)


def test_cache_modes_that_do_not_suffice():
    """Where others may not write as they are to: told before the first byte, of a new file, of one that is there and of a folder."""
    for manners in FIXED:
        with Disk(manners=manners) as cache:
            wide = cache.path("below/wide")
            os.mkdir(wide)
            os.chmod(wide, 0o777)
            for there in (False, True):
                if there:
                    write(wide + "/old", b"old")
                got = cache.run("sync", "--json", "--mode", "775", "models:sdxl/", os.path.join(cache.root, "wide"))
                assert got.code == 4 and got.summary()["copied"] == 0 and os.listdir(wide) == ["old"] * there, (manners, got.code, got.out, got.err)
                assert ("old" if there else "base.safetensors") in got.err and "775" in got.err, got.err
            os.mkdir(cache.path("below/narrow"), 0o755)
            got = cache.run("sync", "--json", "--mode", "775", "models:sdxl/", os.path.join(cache.root, "narrow"))
            assert got.code == 4 and got.summary()["scanned"] == 0 and os.listdir(cache.path("below/narrow")) == [], (manners, got.code, got.out, got.err)


def test_cache_modes_of_folders_that_do_not_suffice():
    """Folders in which others may not write as the section has it: the load fails, says which and why, and publishes nothing."""
    with Disk(manners="modes:refused") as cache:
        cache.settings("wait = 60s", "dir-mode = 775")
        _, got = cache.load("base", code=4)
        assert "Operation not permitted" in got.err and ".larder" in got.err, got.err
        assert cache.listed() == [] and not os.path.lexists(os.path.join(cache.root, "sdxl/base.safetensors"))


run(sys.modules[__name__])
