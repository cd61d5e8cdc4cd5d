#!/usr/bin/env python3
"""larder sync --failed-to and --from: what did not go is named in a file, and that alone is tried again."""
import json
import os
import stat
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, keys, larder, run, tree, write  # noqa: E402


def sync(*words, code=0):
    got = larder("sync", "--json", *words)
    assert got.code == code, (got.code, got.out, got.err)
    last = got.summary()
    return tuple(last[name] for name in ("done", "skipped", "refused", "failed"))


def lines(path):
    with open(path, "rb") as file:
        return sorted(file.read().split(b"\n")[:-1])


def put(address, data=b"x"):
    got = larder("put", "-", address, stdin=data)
    assert got.code == 0, got.err


# A line feed, what the list itself means something by, and bytes that are no text.
ODD = [b"new\nline", b"# ended before", b"#x", b"50%", b"\xff\xfe", b" a ", b"in/folder"]


def blocked(top):
    """A target where nothing of that name can be written: a folder stands at each."""
    for name in ODD:
        write(os.path.join(top, name, b"inside"))


def test_cli_sync_lists_there_and_back():
    """c-T04: whatever a key is made of, it comes back from the list; what went well is not tried again."""
    for name in ODD + [b"good", b"better"]:
        write(os.path.join(b"odd", name), name)
    blocked(b"target")
    assert sync("odd", "target", "--failed-to", "left", code=1) == (2, 0, 0, len(ODD))
    assert len(lines("left")) == len(ODD) and b"new%0Aline" in lines("left"), lines("left")
    for name in ODD:
        os.unlink(os.path.join(b"target", name, b"inside"))
        os.rmdir(os.path.join(b"target", name))
    write(b"odd/good", b"changed since")
    assert sync("odd", "target", "--from", "left", "--failed-to", "left") == (len(ODD), 0, 0, 0)
    assert tree("target") == {**tree("odd"), b"good": b"good"}
    assert lines("left") == []
    assert sync("odd", "target", "--from", "left") == (0, 0, 0, 0)


def test_cli_sync_lists_of_a_store():
    """Names below a prefix, in both directions; a refused key is in the list too."""
    for key in ("a", "b/..", "c//d", "e"):
        put("images:p/q/" + key)
    assert sync("images:p/q", "down/", "--failed-to", "left", code=1) == (2, 0, 2, 0)
    assert lines("left") == [b"b/..", b"c//d"]
    assert sync("images:p/q/", "images:r", "--from", "left") == (2, 0, 0, 0)
    assert keys("images:r/") == ["r/b/..", "r/c//d"]


def test_cli_sync_lists_keep_to_both_sides():
    """--delete with a list: what is not in it stays on the other side, whatever its source has."""
    write("both/z")
    for name in ("in/a", "in/b", "stays", "z"):
        put("images:both/" + name)
    with open("some", "w") as file:
        file.write("# by hand\n\nin/\nz\nnowhere\n")
    assert sync("both", "images:both", "--delete", "--from", "some") == (2, 1, 0, 0)
    assert keys("images:both/") == ["both/stays", "both/z"]


def test_cli_sync_lists_many():
    """More lines than are kept in memory, in no order, and each but once."""
    for number in range(300):
        write("many/%03d" % number)
    with open("all", "w") as file:
        for number in range(90000):
            file.write("%03d%s\n" % (number * 7 % 1000, "-not-there" * 2 if number >= 1000 else ""))
    assert sync("many", "images:many", "--from", "all") == (300, 0, 0, 0)


def test_cli_sync_lists_folder():
    """A folder that cannot be read stands for all below it."""
    write("tree/other")
    at = deep = os.open("tree", os.O_RDONLY)
    for _ in range(17):                           # a path too long to be opened, also by root
        os.mkdir("d" * 250, dir_fd=at)
        at = os.open("d" * 250, os.O_RDONLY, dir_fd=at)
    got = larder("sync", "tree", "images:tree", "--failed-to", "left")
    assert got.code == 1 and "cannot read the folder" in got.err, (got.code, got.err)
    assert len(lines("left")) == 1 and lines("left")[0].endswith(b"d/"), lines("left")
    os.close(deep)


def test_cli_sync_lists_of_a_run_that_ended():
    """What was not tried is not in it: such a list is refused, and one that a run was for stays as it was."""
    for number in range(3000):
        write("long/%d" % number)
    with open("kept", "w") as file:
        file.write("".join("%d\n" % number for number in range(3000)))
    for words, path in ((["--failed-to", "left"], "left"), (["--from", "kept", "--failed-to", "kept"], "kept")):
        begun = subprocess.Popen([LARDER, "sync", "--json", "--jobs", "1", "long", "images:" + path, *words], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        begun.stdout.readline()
        begun.stdout.readline()
        begun.send_signal(signal.SIGTERM)
        out, err = begun.communicate(timeout=60)
        assert begun.returncode == 128 + signal.SIGTERM, (begun.returncode, err)
        assert json.loads(out.splitlines()[-1])["type"] == "summary"
    assert len(lines("kept")) == 3000
    got = larder("sync", "long", "images:left", "--from", "left")
    assert got.code == 5 and "run all of it again" in got.err, got.err


def test_cli_sync_lists_refusals():
    """Bad lines, missing files; a dry run writes no list."""
    write("few/a")
    for text, says in (("a%\n", "not percent-encoded"), ("ok\na%zz\n", "bad:2"), ("%00\n", "not percent-encoded")):
        with open("bad", "w") as file:
            file.write(text)
        got = larder("sync", "few", "images:few", "--from", "bad")
        assert got.code == 2 and says in got.err, (text, got.err)
    assert larder("sync", "few", "images:few", "--from", "none").code == 3
    assert larder("sync", "few", "images:few", "--failed-to", "no/where").code == 3
    assert keys("images:few/") == []
    assert sync("-n", "few", "images:few", "--failed-to", "dry") == (1, 0, 0, 0) and not os.path.exists("dry")


def test_cli_sync_lists_replaces_no_pipe():
    """As root a device would be gone, too: what is no regular file is no list."""
    write("piped/a")
    os.mkfifo("pipe")
    for words in (("--failed-to", "pipe"), ("--plan", "pipe")):
        got = larder("sync", "piped", "images:piped", *words)
        assert got.code == 2 and "is a FIFO" in got.err and stat.S_ISFIFO(os.stat("pipe").st_mode), (words, got.code, got.err)


run(sys.modules[__name__])
