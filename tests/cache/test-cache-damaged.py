#!/usr/bin/env python3
"""A record of a generation that is none any more, as a disk or a hand leaves it: told by ls and by verify, in the way of no other model, repaired and evicted as
the model it was."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import Cache, read, run, write  # noqa: E402

ONE, TWO, OTHER = (os.urandom(100000) for _ in range(3))
BASE = "base", "--base", "sdxl"


def home(cache):
    return os.path.join(cache.root, ".larder/gen/sdxl%2Fbase.safetensors")


def records(cache):
    return sorted(int(name) for name in os.listdir(home(cache)) if name.isdigit())


def unused(cache):
    for number in records(cache):
        os.utime(os.path.join(home(cache), str(number)), (1e9, 1e9))


def damaged(kind, *settings):
    """A cache with another model, and one whose record of that kind is damaged; (cache, its number)."""
    cache = Cache("hold = 60s", *settings)
    cache.put("sdxl/other.safetensors", OTHER)
    cache.put("sdxl/base.safetensors", ONE)
    cache.load("other")
    cache.load("base")
    if kind == "gone":
        unused(cache)
        assert cache.run("model", "evict", *BASE).code == 0
    elif kind != "only":
        cache.put("sdxl/base.safetensors", TWO)
        cache.load("base", "sdxl", "--revalidate")
    number = records(cache)[0 if kind == "old" else -1]
    write(os.path.join(home(cache), str(number)), b'{"record":"larder-mo')
    return cache, number


def listed(cache, *words):
    return [(line["state"], line["key"].split("/")[-1], line["generation"]) for line in cache.listed(*words, states=("current", "old", "damaged", "unfinished"))]


def test_cache_damaged_is_told():
    """By ls with the size of its files, by verify and a load, each with what to do; beside the other models, which are told, loaded and evicted as ever."""
    for kind in ("only", "newest", "old", "gone"):
        cache, number = damaged(kind)
        told = [("current", "base.safetensors", 2)] * (kind == "old") + [("damaged", "base.safetensors", number), ("current", "other.safetensors", 1)]
        assert listed(cache) == told, (kind, listed(cache))
        [line] = cache.listed(states=("damaged",))
        assert line["path"] == os.path.join(home(cache), str(number)) and (line["length"] == 0 if kind == "gone" else line["length"] >= len(ONE)), (kind, line)
        assert "damaged" in cache.run("model", "ls").out
        got = cache.run("model", "verify")
        assert got.code == (0 if kind == "old" else 6) and ("verify --repair" in got.err) == (kind != "old"), (kind, got.code, got.err)
        _, got = cache.load("base", code=0 if kind == "old" else 6)
        assert kind == "old" or ("%d' is no record of a model" % number in got.err and "verify --repair" in got.err), got.err
        assert cache.load("other")[0]["how"] == "hit"
        os.utime(os.path.join(cache.root, ".larder/gen/sdxl%2Fother.safetensors/1"), (1e9, 1e9))
        got = cache.run("model", "evict", "other", "--base", "sdxl")
        assert got.code == 0 and listed(cache) == told[:-1], (kind, got.code, got.err)


def test_cache_damaged_is_repaired():
    """Filled anew under the next number; one that said that the model has gone says so again, and nothing is loaded for it."""
    for kind in ("only", "newest", "gone"):
        cache, number = damaged(kind)
        before = os.listdir(home(cache))
        got = cache.run("model", "verify", "--repair", "--json")
        assert got.code == 0 and records(cache)[-1] == number + 1, (kind, got.code, got.err)
        assert (len(os.listdir(home(cache))) == len(before) + 1) == (kind == "gone"), os.listdir(home(cache))
        model, _ = cache.load("base")
        assert model["how"] == ("filled" if kind == "gone" else "hit") and read(model["path"]) == (TWO if kind == "newest" else ONE), (kind, model)
        assert cache.run("model", "verify").code == 0
        unused(cache)
        assert cache.run("model", "evict", "--old").code == 0 and listed(cache, "--old") == [("current", "base.safetensors", records(cache)[-1]), ("current", "other.safetensors", 1)]
        assert cache.unnamed() == [] and len(os.listdir(home(cache))) == 2, os.listdir(home(cache))


def test_cache_damaged_of_two_folders():
    """One of a publication that died, by the same number: which of them readers have open nobody knows, so both stay as long as leases may run, and go then."""
    cache, number = damaged("only")
    folder = os.path.join(home(cache), "%d-" % number)
    for name in ("0" * 16, "f" * 16):
        os.mkdir(folder + name)
        write(os.path.join(folder + name, "base.safetensors"), b"half")
    assert cache.run("model", "verify", "--repair").code == 0 and cache.load("base")[0]["generation"] == number + 1
    assert len([name for name in os.listdir(home(cache)) if name.startswith("%d-" % number)]) == 3
    unused(cache)
    assert [cache.run("model", "evict", "--old").code for _ in range(2)] == [0, 0] and len(os.listdir(home(cache))) == 2, os.listdir(home(cache))


def test_cache_damaged_is_evicted():
    """By name, when its readers' leases are over, as the model it was; and where a new one needs its room."""
    for kind in ("only", "newest", "gone"):
        cache, number = damaged(kind)
        got = cache.run("model", "evict", *BASE)
        assert got.code == 5 and "held for readers" in got.err and len(listed(cache, "--old")) == (3 if kind == "newest" else 2), (kind, got.code, got.err)
        unused(cache)
        got = cache.run("model", "evict", *BASE)
        assert got.code == 0 and os.listdir(home(cache)) == [str(number + 1)] and not os.path.lexists(os.path.join(cache.root, "sdxl/base.safetensors")), (kind, got.err)
        assert cache.load("base")[0]["how"] == "filled" and cache.run("model", "verify").code == 0
    cache, _ = damaged("only", "quota = 300KB")
    unused(cache)
    cache.put("sdxl/third.safetensors", TWO)
    assert cache.load("third")[0]["how"] == "filled" and [name for _, name, _ in listed(cache)] == ["other.safetensors", "third.safetensors"], listed(cache)


run(sys.modules[__name__])
