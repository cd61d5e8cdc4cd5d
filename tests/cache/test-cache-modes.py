#!/usr/bin/env python3
"""A file system that takes chmod and forgets it, c-C09: models are filled and found there, and a sync with modes copies everything once."""
import os
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import read, run  # noqa: E402
from disks import SMALL, Disk  # noqa: E402


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_cache_modes_of_a_model():
    """Such a file can be read well enough: it is filled once, and the next load has it."""
    with Disk(manners="modes:none") as cache:
        first, _ = cache.load("base")
        assert first["how"] == "filled" and read(first["path"]) == SMALL and mode(first["path"]) == 0o644
        assert cache.load("base")[0]["how"] == "hit" and cache.private() == [] and cache.run("model", "verify").code == 0


def test_cache_modes_of_a_sync():
    """By the driver and as plain files: all is there, and nothing goes again for its mode's sake."""
    with Disk(manners="modes:none") as cache:
        for to, more in (("files:sdxl/", ()), (os.path.join(cache.root, "plain"), ("--mode", "755"))):
            did = [cache.run("sync", "--json", *more, "models:sdxl/", to) for _ in range(2)]
            assert [got.code for got in did] == [0, 0], [got.err for got in did]
            assert [got.summary()["copied"] for got in did] == [1, 0], [got.out for got in did]
        for path in ("sdxl/base.safetensors", "plain/base.safetensors"):
            assert read(os.path.join(cache.root, path)) == SMALL and mode(os.path.join(cache.root, path)) == 0o644, path


run(sys.modules[__name__])
