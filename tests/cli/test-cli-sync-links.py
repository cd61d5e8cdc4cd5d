#!/usr/bin/env python3
"""larder sync --links follow: a link is what it leads to, within its tree; c-T19."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import keys, larder, run, tree, write  # noqa: E402


def sync(*words, code=0):
    got = larder("sync", "--json", "--links", "follow", *words)
    assert got.code == code, (got.code, got.out, got.err)
    last = got.summary()
    return tuple(last[name] for name in ("done", "skipped", "refused", "failed")), got


def link(to, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(to, path)


def test_cli_sync_links_within():
    """Files and folders, by way of one another, in the order of the keys that they become; a second run does nothing."""
    write("in/real/a", b"one")
    write("in/real/deep/b", b"two")
    link("real/a", "in/file")
    link("real", "in/folder")
    link("../folder/deep", "in/x/up")
    write("in/folder.txt", b"between")
    write("in/folder-", b"before")
    want = {b"real/a": b"one", b"real/deep/b": b"two", b"file": b"one", b"folder/a": b"one", b"folder/deep/b": b"two", b"x/up/b": b"two",
            b"folder.txt": b"between", b"folder-": b"before"}
    for source, target in (("in", "images:links"), ("in", "copy")):
        assert sync("--delete", source, target)[0] == (8, 0, 0, 0), target
        assert sync("--delete", source, target)[0] == (0, 8, 0, 0), target
        assert sync("--delete", "--checksum", source, target)[0] == (0, 8, 0, 0), target
    assert tree("copy") == want and keys("images:links/") == sorted("links/" + os.fsdecode(name) for name in want)
    assert larder("verify", "copy", "images:links").code == 0


def test_cli_sync_links_that_lead_nowhere():
    """Out, back, round, and to nothing: each is named, the rest arrives, and what stands behind it over there stays."""
    write("bad/sub/file")
    write("outside/secret", b"secret")
    for to, path in (("..", "bad/sub/up"), (".", "bad/self"), ("../outside", "bad/out"), ("../outside/secret", "bad/out-file"), (os.path.abspath("bad/sub"), "bad/absolute"),
                     ("round", "bad/round"), ("nothing", "bad/dangling")):
        link(to, path)
    os.mkfifo("bad/fifo")
    link("fifo", "bad/to-fifo")
    for name in ("out/kept", "self/kept", "sub/up/kept", "dangling", "gone"):
        write("there/" + name)
    counted, got = sync("--delete", "bad", "there", code=1)
    assert counted == (2, 2, 6, 1), (counted, got.out)
    for name in ("sub/up", "self", "round"):
        assert "'bad/%s' leads back" % name in got.err, (name, got.err)
    for name in ("out", "out-file", "absolute"):
        assert "'bad/%s' leads out" % name in got.err, (name, got.err)
    assert "cannot follow the link 'bad/dangling'" in got.err
    assert set(tree("there")) == {b"sub/file", b"out/kept", b"self/kept", b"sub/up/kept", b"dangling"}, tree("there")


def test_cli_sync_links_of_the_destination():
    """They are not followed, whatever is asked for: nothing is written through them."""
    write("from/folder/file", b"new")
    write("elsewhere/file", b"old")
    link("../elsewhere", "to/folder")
    counted, got = sync("from", "to", code=2)
    assert counted[3] == 1, got.out
    assert tree("elsewhere") == {b"file": b"old"} and os.path.islink("to/folder")


def test_cli_sync_links_are_no_part_of_a_plan():
    write("planned/a")
    got = larder("sync", "--links", "follow", "--plan", "file", "planned", "images:planned")
    assert got.code == 2 and "no part of a plan" in got.err and not os.path.exists("file"), got.err


run(sys.modules[__name__])
