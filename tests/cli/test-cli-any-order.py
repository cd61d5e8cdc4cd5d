#!/usr/bin/env python3
"""A storage that lists in any order: it is sorted through a file, and each command sees byte order; one that claims an order and
breaks it is not believed."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import BUILD, ENV, HOME, LARDER, larder, run, tree, write  # noqa: E402

MODULES = os.path.join(BUILD, "tests/module/.libs")
SEPARATORS = "./0-"


def place(name, keys, *more):
    """A pipeline whose store `s` is shuffled, with so many keys."""
    write("%s/larder.ini" % name, b'[store "s"]\nbackend = b\nbucket = bucket\n')
    write("%s/profiles/p.ini" % name, "\n".join(['[backend "b"]', "driver = shuffled", "keys = %d" % keys, *more, ""]).encode())
    return {"LARDER_CONFIG": os.path.join(HOME, name, "larder.ini"), "LARDER_PROFILE": "p", "LARDER_MODULE_DIR": MODULES}


def names(count):
    return sorted("t/%02d%s%06d" % (i % 50, SEPARATORS[i // 50 % 4], i) for i in range(count))


def test_cli_any_order_ls():
    """Within memory, and through a file: in order, each once, with its facts."""
    for count in (1, 999, 1000, 1001, 30000):
        got = larder("ls", "-r", "--json", "s:", env=place("ls", count))
        objects = [line for line in got.lines() if line["type"] == "object"]
        assert [line["key"] for line in objects] == names(count), (count, got.err)
        assert all(line["size"] == len(line["key"]) and line["class"] == "EXPRESS_ONEZONE" for line in objects), objects[0]


def test_cli_any_order_sync():
    """c-T08: a second run has nothing to do, and what is left over on the other side goes."""
    env = place("sync", 1200)
    for name in ("t/00.", "t/00/extra", "z"):
        write("down/" + name)
    for want in ((1200 + 3, 0), (0, 1200)):
        got = larder("sync", "--json", "--delete", "s:", "down", env=env)
        last = got.summary()
        assert got.code == 0 and (last["done"], last["skipped"]) == want, (got.code, last, got.err)
        assert sorted(os.fsdecode(name) for name in tree("down")) == names(1200)
    got = larder("sync", "-n", "--json", "--delete", "--delete-most", "5", "--include", "t/0*", "s:t", "down/t", env=env)
    assert got.summary()["done"] == 0, got.out


def test_cli_any_order_copies_and_removes():
    """Commands that take a page at a time: each key once, also where a page is full."""
    for count in (1000, 2500):
        env = place("rest", count)
        got = larder("rm", "-r", "--json", "s:t", env=env)
        removed = [line["src"] for line in got.lines() if line["type"] == "object"]
        assert removed == ["s:" + name for name in names(count)], (count, got.err)
        got = larder("cp", "-r", "-n", "--json", "s:t/", "there/", env=env)
        assert [line["src"] for line in got.lines() if line["type"] == "object"] == removed, got.err


def test_cli_any_order_twice():
    """A key that comes twice is no listing to remove by."""
    env = place("twice", 1500, "twice = yes")
    write("kept/a")
    got = larder("sync", "--json", "--delete", "s:", "kept", env=env)
    assert got.code == 8 and "twice" in got.err and "cannot be trusted" in got.err, (got.code, got.err)
    assert b"a" in tree("kept")


def test_cli_any_order_only_claimed():
    """Who promises an order is held to it."""
    env = place("claims", 100, "honest = no")
    write("held/a")
    for words in (["ls", "-r", "s:"], ["sync", "--delete", "s:", "held"]):
        got = larder(*words, env=env)
        assert got.code == 8 and "out of order" in got.err, (words, got.code, got.err)
    assert tree("held") == {b"a": b"x"}


def test_cli_any_order_in_flat_memory():
    """Five times the keys, and what the sort keeps does not grow."""
    peaks = []
    held = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}       # what was freed, which the sanitizer holds back
    for count in (60000, 300000):
        done = subprocess.run([sys.executable, "-c", "import resource, subprocess, sys; r = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
                               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(r)", LARDER, "du", "s:"],
                              env={**ENV, **place("flat", count), **held}, stdout=subprocess.PIPE, check=True)
        peaks.append(int(re.search(rb"\d+", done.stdout).group()))
    assert peaks[1] < peaks[0] + 4096, peaks


run(sys.modules[__name__])
