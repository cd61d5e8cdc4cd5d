#!/usr/bin/env python3
"""Two stores that are one place: nothing moves onto itself, and so nothing is lost."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import HOME, larder, run  # noqa: E402

os.makedirs("root/other")
os.symlink("root", "link")
SECTIONS = """
[store "a"]
backend = one
bucket = shared
[store "b"]
backend = two
bucket = shared
[store "c"]
backend = three
bucket = shared
[store "d"]
backend = two
bucket = elsewhere
[cdn "front"]
domain = front.example
[store "e"]
backend = two
bucket = shared
cdn = front
"""
with open("larder.ini", "w", encoding="utf-8") as file:
    file.write(SECTIONS)
os.mkdir("profiles")
with open("profiles/places.ini", "w", encoding="utf-8") as file:
    for name, root in (("one", "root"), ("two", "root/../root"), ("three", "link")):
        file.write('[backend "%s"]\ndriver = localfs-mock\nroot = %s/%s\ncreate = yes\n' % (name, HOME, root))
ENV = {"LARDER_CONFIG": os.path.join(HOME, "larder.ini"), "LARDER_PROFILE": "places"}


def tool(*args, stdin=b""):
    return larder(*args, stdin=stdin, env=ENV)


def test_cli_same_place_move_is_refused():
    got = tool("put", "-", "a:k", stdin=b"precious")
    assert got.code == 0, got.err
    for to in ("b:k", "c:k", "e:k"):
        for args in (["mv", "a:k", to], ["mv", "-n", "a:k", to], ["cp", "a:k", to], ["mv", to, "a:k"], ["mv", "a:k", to[:2]]):
            got = tool(*args)
            assert got.code == 5 and "same object" in got.err, (args, got.code, got.err)
        assert tool("cat", "a:k").raw == b"precious", to


def test_cli_same_place_tree_is_refused():
    for key in ("t/a", "t/b"):
        assert tool("put", "-", "a:" + key, stdin=key.encode()).code == 0
    got = tool("mv", "-r", "a:t/", "c:t/")
    assert got.code == 2 and "inside" in got.err, (got.code, got.err)
    assert tool("mv", "-r", "a:t/", "b:t/deeper/").code == 2
    assert tool("cat", "a:t/a").raw == b"t/a" and tool("cat", "a:t/b").raw == b"t/b"


def test_cli_same_place_another_key_or_bucket_still_moves():
    assert tool("put", "-", "a:from", stdin=b"goes").code == 0
    got = tool("mv", "a:from", "c:to")
    assert got.code == 0, got.err
    assert tool("cat", "b:to").raw == b"goes" and tool("stat", "a:from").code == 3
    assert tool("mv", "c:to", "d:to").code == 0
    assert tool("cat", "d:to").raw == b"goes" and tool("stat", "a:to").code == 3


run(sys.modules[__name__])
