#!/usr/bin/env python3
"""What --requests and --bandwidth allow, on the mock and on plain files: every operation of a driver and every byte that goes in or
out is waited for, whatever command it is of, and a copy inside a storage moves none."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, larder, read, run, write  # noqa: E402

FOUR = os.urandom(4 << 20)


def together(runs):
    """Seconds of each, all begun at once; of each the words and its standard input."""
    began, left, took = time.monotonic(), {}, {}
    for name, (words, source) in runs.items():
        left[name] = subprocess.Popen([LARDER, "-q", *words], stdin=open(source, "rb"), stdout=open("out-" + name, "wb"), env=ENV)
    while left:
        for name, process in list(left.items()):
            if process.poll() is not None:
                took[name] = time.monotonic() - began
                assert left.pop(name).returncode == 0, name
        time.sleep(0.01)
    return took


def test_cli_pace_bytes_of_one_object():
    """4 MiB at 1 MB/s: 4.2 s each way, though it is one piece."""
    write("four", FOUR)
    for key in ("images:a", "images:b", "images:c", "images:d", "model-cache:e"):
        assert larder("put", "four", key).code == 0
    limit = ("--bandwidth", "1MB/s")
    took = together({
        "put": ((*limit, "put", "four", "images:up"), "/dev/null"), "pipe": ((*limit, "put", "-", "images:pipe"), "four"),
        "get": ((*limit, "get", "images:a", "down"), "/dev/null"), "cat": ((*limit, "cat", "images:b"), "/dev/null"),
        "file-put": ((*limit, "put", "four", "model-cache:up"), "/dev/null"), "file-get": ((*limit, "get", "model-cache:e", "file-down"), "/dev/null"),
        "through": ((*limit, "cp", "images:c", "model-cache:c"), "/dev/null"), "local": ((*limit, "cp", "./four", "./copy"), "/dev/null"),
        "within": ((*limit, "cp", "images:d", "images:within"), "/dev/null"),
    })
    least = {"through": 7, "within": 0}
    assert all(seconds >= least.get(name, 3.5) for name, seconds in took.items()), took
    assert took["within"] < 3, took
    assert read("down") == read("file-down") == read("copy") == read("out-cat") == FOUR
    for key in ("images:up", "images:pipe", "model-cache:up", "model-cache:c", "images:within"):
        assert larder("cat", key).raw == FOUR, key


def test_cli_pace_large_object():
    """Pieces of a large object together, and no thread more: 20 MiB at 5 MB/s."""
    write("large", os.urandom(20 << 20))
    limit = ("--bandwidth", "5MB/s")
    took = together({"up": ((*limit, "put", "large", "images:large"), "/dev/null")})
    took.update(together({"down": ((*limit, "get", "images:large", "large-back"), "/dev/null")}))
    assert min(took.values()) >= 3.7 and read("large") == read("large-back"), took


def test_cli_pace_whole_pieces_early():
    """Of a large object few pieces share the bandwidth, so that the first is whole long before the last: a run that ends early has kept something."""
    write("large", os.urandom(24 << 20))
    assert larder("put", "large", "images:pieces").code == 0
    process, began, first = subprocess.Popen([LARDER, "-q", "--bandwidth", "8MB/s", "--state", "st", "get", "images:pieces", "pieces"], env=ENV), time.monotonic(), None
    while process.poll() is None:
        if not first and journalled():
            first = time.monotonic() - began
        time.sleep(0.01)
    whole = time.monotonic() - began
    assert process.returncode == 0 and whole >= 2.5 and first and first < 0.7 * whole, (process.returncode, first, whole)


def journalled():
    """Does a journal tell of a piece? It goes when the transfer has ended."""
    try:
        return any(b'"piece"' in read(os.path.join("st/transfers", name)) for name in os.listdir("st/transfers"))
    except FileNotFoundError:
        return False


def test_cli_pace_operations():
    """Each operation of a driver is a request: 20 writes, and pages of listings, at 10 a second."""
    for i in range(20):
        write("few/%d" % i, b"x")
    for store in ("images", "model-cache"):
        for words in (("put", "-r", "few/", store + ":few/", "--jobs", "16"), ("get", "-r", store + ":few/", "back-" + store)):
            began = time.monotonic()
            got = larder("--requests", "10", *words)
            assert got.code == 0 and time.monotonic() - began >= 1.9, (words, time.monotonic() - began, got.err)
    began = time.monotonic()
    got = larder("--requests", "1", "ls", "--recursive", "images:few/", "images:few/", "model-cache:few/")
    assert got.code == 0 and time.monotonic() - began >= 1.9, got.err


run(sys.modules[__name__])
