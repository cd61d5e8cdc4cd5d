#!/usr/bin/env python3
"""Folders that cannot be listed, or only in part: no number is told from half a listing, so none is taken twice, and nothing is said to be absent."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import model_line, read, run  # noqa: E402
from disks import Disk  # noqa: E402

OLD, MIDDLE, NEW = (os.urandom(50000 + i) for i in range(3))
STEPS = range(1, 13)


class Used(Disk):
    """Two generations were there, the older one has gone; the source has a third version. From here on call `number` of that name fails."""

    def __init__(self, number, call="readdir"):
        super().__init__(data=OLD)
        cache, self.home = self.cache, os.path.join(self.cache.root, ".larder/gen/sdxl%2Fbase.safetensors")
        cache.load("base")
        cache.put("sdxl/base.safetensors", MIDDLE)
        assert cache.load("base", "sdxl", "--revalidate")[0]["generation"] == 2
        for record in ("1", "2"):
            os.utime(os.path.join(self.home, record), (1e9, 1e9))
        assert cache.run("model", "evict", "--old").code == 0
        cache.put("sdxl/base.safetensors", NEW)
        self.again("%s:EIO:%d:1" % (call, number))


def told(got, number):
    """It went through, or said what could not be listed or read."""
    assert got.code == 0 or (got.code > 1 and ("cannot list" in got.err or "cannot read" in got.err)), (number, got.code, got.out, got.err)
    return got.code != 0


def test_cache_listing_load():
    """With and without asking the source: the bytes are of the version that is told, no generation is lower than the newest, and the next load is as ever."""
    failed = 0
    for call, number in [("readdir", number) for number in STEPS] + [("read", number) for number in range(1, 5)]:
        for words, wanted in ((("--revalidate",), (NEW, 3)), ((), (MIDDLE, 2))):
            disk = Used(number, call)
            with disk as cache:
                got = cache.run("model", "load", "base", "--base", "sdxl", "--json", *words)
                failed += told(got, number)
                if got.code == 0:
                    model = model_line(got.out)
                    assert (read(model["path"]), model["generation"]) == wanted, (number, model["how"], model["generation"])
                disk.again()
                again = cache.load("base", "sdxl", "--revalidate")[0]
                assert read(again["path"]) == NEW and again["generation"] == 3, (number, again)
                assert {name for name in os.listdir(disk.home) if name.isdigit()} == {"2", "3"} and cache.private() == [], (number, os.listdir(disk.home))
    assert failed >= 3, failed


def test_cache_listing_evict():
    """It goes, or it is told why not: never is one said to be absent that is there, and whoever fills afterwards comes behind what was there."""
    failed = 0
    for number in STEPS:
        disk = Used(number)
        with disk as cache:
            got = cache.run("model", "evict", "base", "--base", "sdxl")
            failed += told(got, number)
            disk.again()
            again = cache.load("base")[0]
            assert again["generation"] >= 2 and read(again["path"]) == (MIDDLE if again["how"] == "hit" else NEW), (number, got.err, again)
            assert again["how"] == "hit" or again["generation"] == 4, (number, again)
    assert failed >= 2, failed


def test_cache_listing_ls_and_verify():
    """All models, or an error: half a list is none."""
    for words in (("ls", "--old"), ("verify",), ("verify", "base", "--base", "sdxl")):
        failed = 0
        for number in STEPS:
            with Used(number) as cache:
                got = cache.run("model", *words, "--json")
                failed += told(got, number)
                assert got.code or len([line for line in got.lines() if line["type"] in ("model", "object")]) == 1 or got.lines()[-1].get("scanned") == 1, (words, number, got.out)
        assert failed >= 2, (words, failed)


run(sys.modules[__name__])
