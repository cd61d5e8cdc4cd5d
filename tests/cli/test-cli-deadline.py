#!/usr/bin/env python3
"""--deadline: a run that has not ended by then ends as unavailable (exit 8), with counts that add up and what it needs to go on."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, SLOW, keys, larder, read, run, write  # noqa: E402


TOLD = "stopped: the deadline passed"    # by every command


def late(*words, **kinds):
    began = time.monotonic()
    got = larder("--deadline", "2s", *words, **kinds)
    took = time.monotonic() - began
    assert got.code == 8 and TOLD in got.err and took < 2 + 1.5 * SLOW, (took, got.code, got.err)
    return got


def test_cli_deadline_large_object_goes_on():
    """A journal stays and is listed; the same command reads only what is missing."""
    write("large", os.urandom(40 << 20))
    assert larder("put", "large", "images:large").code == 0
    got = late("--json", "--bandwidth", "10MB/s", "--state", "st", "get", "images:large", "back")
    assert got.summary()["done"] == 0 and not os.path.exists("back"), got.out
    listed = larder("--json", "--state", "st", "transfer", "ls")
    assert listed.code == 0 and "images:large" in listed.out, listed.out
    late("--bandwidth", "100KB/s", "--state", "st", "transfer", "resume")
    began = time.monotonic()
    got = larder("--bandwidth", "10MB/s", "--state", "st", "get", "images:large", "back")
    took = time.monotonic() - began
    assert got.code == 0 and read("back") == read("large") and os.listdir("st/transfers") == [], got.err
    assert took < 3.8 * SLOW, "the whole of it takes 4.2 s: %.1f" % took


def test_cli_deadline_many_small():
    """What was counted as done is there, and nothing else; the next run does the rest."""
    for i in range(40):
        write("many/%02d" % i, b"x%d" % i)
    done = late("--json", "--requests", "6", "sync", "many/", "images:many/").summary()["done"]
    assert 1 <= done <= 13 and len(keys("images:many/")) == done, done
    got = larder("--json", "sync", "many/", "images:many/")
    assert got.code == 0 and got.summary()["done"] == 40 - done and got.summary()["skipped"] == done, got.out


def test_cli_deadline_of_every_command():
    """Also of one that waits for standard input, of a listing and of one object read."""
    write("some", os.urandom(4 << 20))
    assert larder("put", "some", "images:some").code == 0
    late("--bandwidth", "200KB/s", "cat", "images:some")
    late("--requests", "1", "ls", "images:some", "images:some", "images:some", "images:some", "images:some")
    began = time.monotonic()
    process = subprocess.Popen([LARDER, "--deadline", "2s", "put", "-", "images:never"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    said = process.stderr.read().decode()
    process.stdin.close()
    assert process.wait() == 8 and TOLD in said and time.monotonic() - began < 2 + 1.5 * SLOW, said
    assert larder("stat", "images:never").code == 3


def test_cli_deadline_far_away():
    """One that does not pass changes nothing."""
    write("few", b"few")
    assert larder("--deadline", "10m", "put", "few", "images:few").code == 0
    assert larder("--deadline", "soon", "put", "few", "images:few").code == 2


run(sys.modules[__name__])
