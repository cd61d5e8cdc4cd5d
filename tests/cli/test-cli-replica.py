#!/usr/bin/env python3
"""--replica on the mock: every command that reads does so from the replica of its store, by the same keys; nothing is written there; a store without one is told what to write."""
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import COMMANDS, HOME, PIPELINE, configured, larder, read, run, tree, write  # noqa: E402

DEMO = os.path.join(HOME, "demo")
TOLD = "store 'images' is read from its replica 'images-replica'"


def fresh():
    """The same keys on both sides, and other bytes; then the bucket itself is gone."""
    for folder in (DEMO, "out", "cache"):
        shutil.rmtree(folder, ignore_errors=True)
    env = configured(PIPELINE)
    for key in ("u/a.txt", "u/b.txt"):
        for store in ("images", "images-replica"):
            assert larder("put", "-q", "-", "%s:%s" % (store, key), stdin=(store + key).encode(), env=env).code == 0
    shutil.rmtree(os.path.join(DEMO, "pingvas-studio-images"))
    return env


def test_cli_replica_is_what_is_read():
    env = fresh()
    want = {b"u/a.txt": b"images-replicau/a.txt", b"u/b.txt": b"images-replicau/b.txt"}
    assert larder("cat", "images:u/a.txt", env=env).code == 3, "the bucket itself is gone"
    got = larder("--replica", "cat", "images:u/a.txt", env=env)
    assert got.code == 0 and got.raw == want[b"u/a.txt"] and got.err.count(TOLD) == 1, got.err
    got = larder("ls", "-r", "--replica", "images:", env=env)
    assert got.code == 0 and got.out.count("u/") == 2 and TOLD in got.err, got
    (stat,) = [line for line in larder("stat", "--json", "--replica", "images:u/a.txt", env=env).lines() if line["type"] == "object"]
    assert stat["key"] == "u/a.txt" and stat["size" if "size" in stat else "bytes"] == 21, stat
    assert "42 B" in larder("du", "--replica", "images:", env=env).out
    assert larder("versions", "--replica", "images:u/a.txt", env=env).code == 0
    got = larder("sync", "--replica", "images:", "out", env=env)
    assert got.code == 0 and tree("out") == want and got.err.count(TOLD) == 1, got.err
    assert larder("verify", "--replica", "images:", "out", env=env).code == 0
    write("out/u/b.txt", b"x" * 21)
    assert larder("verify", "--download", "--replica", "images:", "out", env=env).code == 6
    for word in ("get", "cp"):
        os.unlink("out/u/a.txt")
        assert larder(word, "--replica", "images:u/a.txt", "out/u/a.txt", env=env).code == 0 and read("out/u/a.txt") == want[b"u/a.txt"], word
    assert larder("cat", "--replica", "thumbnails:u/a.txt", env=env).raw == want[b"u/a.txt"], "a view's is that of its bucket"


def test_cli_replica_nothing_is_written():
    """To a replica by cp and sync: CONFLICT, with the way out, and it stays as it is. A command that writes does not know the option."""
    env = fresh()
    write("in/x", b"x")
    before = tree(DEMO)
    for words in (("cp", "in/x", "images:x"), ("sync", "in", "images:"), ("sync", "--delete", "in", "images:u/"), ("cp", "images:u/a.txt", "images:u/c.txt")):
        got = larder(*words, "--replica", env=env)
        assert got.code == 5 and "is read from its replica 'images-replica', and nothing is written there" in got.err and "images-replica:" in got.err and tree(DEMO) == before, (words, got.code, got.err)
    readers = {"ls", "stat", "cat", "get", "cp", "sync", "verify", "du", "versions", "image probe", "model load", "model pull", "model verify"}
    for command in sorted(set(COMMANDS) - {"help", "version", "completion"}):
        got = larder(*command.split(), "--replica", *(["x"] * 4), env=env)
        refused = "--replica is for commands that read objects" in larder(*command.split(), "--replica", *(["images:x"] * 2), env=env).err or "--replica is for commands that read objects" in got.err
        assert command not in readers or not refused, (command, got.err)
    for words in (("put", "in/x", "images:x"), ("rm", "images:u/a.txt"), ("mv", "images:u/a.txt", "images:u/c.txt"), ("undelete", "images:u/a.txt"), ("infra", "plan"), ("image", "ingest", "in/x"), ("archive", "put", "in/x", "images:x"),
                  ("archive", "restore", "images:x"), ("replication", "repair", "images"), ("store", "list"), ("doctor",)):
        got = larder(*words, "--replica", env=env)
        assert got.code == 2 and "--replica is for commands that read objects" in got.err and tree(DEMO) == before, (words, got.code, got.err)


def test_cli_replica_where_there_is_none():
    """A store without a replication, a file system, a bucket without a section: what to write, by name."""
    env = fresh()
    for address, told, step in (("uploads:x", '[store "uploads"] of ', 'write replication = NAME in [store "uploads"]'), ("images-replica:u/a.txt", '[store "images-replica"]', "or name a store that has one"),
                                ("model-cache:x", '[filesystem "model-cache"]', "leave --replica away"), ("mock://bucket/x", "", "")):
        got = larder("cat", "--replica", address, env=env)
        assert got.code == 2 and told in got.err and step in got.err, (address, got.code, got.err)


run(sys.modules[__name__])
