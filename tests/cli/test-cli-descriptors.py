#!/usr/bin/env python3
"""Standard descriptors that are closed or full, and targets that are no files."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, SLOW, SRC, Ran, larder, read, run, write  # noqa: E402

PICTURES = os.path.join(SRC, "doc/examples/pictures")


def shell(redirections, *args):
    """The tool with redirections by a shell: it starts with just these descriptors."""
    done = subprocess.run(["/bin/sh", "-c", 'exec "$0" "$@" ' + redirections, LARDER, *args], env=ENV, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60 * SLOW)
    return Ran(done)


def test_cli_descriptors_closed_output():
    for redirections in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "<&-"):
        write("some", redirections.encode())
        got = shell(redirections, "put", "some", "images:closed")
        assert got.code == 0, (redirections, got.code, got.err)
        assert larder("cat", "images:closed").raw == redirections.encode(), redirections
        got = shell(redirections, "mv", "images:closed", "images:moved")
        assert got.code == 0, (redirections, got.code, got.err)
    assert shell(">&-", "image", "ingest", os.path.join(PICTURES, "waves.webp"), "--user", "closed").code == 0


def test_cli_descriptors_closed_input():
    # not hanging, and not an empty object either
    for redirections in ("<&-", "<&- >&-"):
        got = shell(redirections, "put", "-", "images:from-closed")
        assert got.code not in (0, 130), (redirections, got.code)
        assert larder("stat", "images:from-closed").code == 3
    assert "standard input" in shell("<&-", "put", "-", "images:from-closed").err


def test_cli_descriptors_full_output():
    write("full.bin", b"f")
    full = os.path.join(PICTURES, "waves.webp")
    for args in (["image", "ingest", full, "--user", "full"], ["image", "ingest", full, "--user", "full", "--json"],
                 ["put", "full.bin", "images:full"], ["ls", "images:"]):
        got = shell(">/dev/full", *args)
        assert got.code == 7 and "cannot write standard output" in got.err, (args, got.code, got.err)


def test_cli_descriptors_target_is_no_file():
    write("source.txt", b"new")
    write("behind.txt", b"old")
    assert larder("put", "source.txt", "images:tree/fifo").code == 0
    os.mkdir("targets")
    os.mkfifo("targets/fifo")
    os.symlink("../behind.txt", "targets/link")
    os.symlink("nowhere", "targets/dangling")
    for name, kind in (("fifo", "a FIFO"), ("link", "a link"), ("dangling", "a link")):
        path = "./targets/" + name
        before = os.lstat(path)
        for args in (["get", "images:tree/fifo", path], ["cp", "images:tree/fifo", path], ["cp", "source.txt", path],
                     ["mv", "images:tree/fifo", path], ["mv", "source.txt", path], ["get", "-n", "images:tree/fifo", path],
                     ["get", "--create-only", "images:tree/fifo", path]):
            got = larder(*args)
            assert got.code == 2 and kind in got.err and "next: " in got.err, (args, got.code, got.err)
        after = os.lstat(path)
        assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode), path
    got = larder("get", "-r", "--json", "images:tree/", "targets")
    assert got.code == 2 and got.summary()["refused"] == 1, got.out
    assert sorted(os.listdir("targets")) == ["dangling", "fifo", "link"] and read("behind.txt") == b"old"
    assert read("source.txt") == b"new" and larder("cat", "images:tree/fifo").raw == b"new"


run(sys.modules[__name__])
