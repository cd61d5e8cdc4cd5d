#!/usr/bin/env python3
"""Two keys that differ only in case, into a folder that does not tell them apart: one goes in, the other is refused, and neither is lost."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from tool import BUILD, ENV, HOME, LARDER, Ran, larder, read, run, write  # noqa: E402

write("larder.ini", b'[store "m"]\nbackend = mock\nbucket = mocked\n')
write("profiles/t.ini", ('[backend "mock"]\ndriver = localfs-mock\nroot = %s/root\ncreate = yes\nfsync = no\n' % HOME).encode())
PLACE = {"LARDER_CONFIG": os.path.join(HOME, "larder.ini"), "LARDER_PROFILE": "t"}
FOLDED = {**ENV, **PLACE, "LD_PRELOAD": os.path.join(BUILD, "tests/fault/.libs/folding-disk.so"),
          "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
KEYS = ["A", "a", "b", "sub/C", "sub/c", "\u00e9"]


def put(key, text):
    assert larder("put", "-", "m:" + key, stdin=text.encode(), env=PLACE).code == 0


def folded(*words):
    return Ran(subprocess.run([LARDER, "--json", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=FOLDED, timeout=60))


def tree(top):
    return {os.path.relpath(os.path.join(folder, name), top): read(os.path.join(folder, name)).decode()
            for folder, _, names in os.walk(top) for name in names}


def check(got, top, more=""):
    last = got.lines()[-1]
    assert got.code == 1 and (last["refused"], last["failed"]) == (2, 0) and got.err.count("differs only in case") == 2, (got.code, last, got.err)
    found = tree(top)
    assert sorted(name.lower() for name in found) == ["a", "b", "sub/c", "\u00e9"], found
    assert all(text == name + more for name, text in found.items()), found
    return found


def test_fault_spelling_of_a_copy():
    for key in KEYS:
        put(key, key)
    for words in ((), ("--jobs", "1")):
        top = "copy" + "".join(words)
        check(folded("get", "-r", *words, "m:", top + "/"), top)


def test_fault_spelling_of_a_sync():
    """Once more it is refused again, and what is in is renewed under its own name."""
    found = check(folded("sync", "m:", "synced"), "synced")
    again = folded("sync", "m:", "synced")
    assert again.code == 1 and again.lines()[-1]["refused"] == 2 and tree("synced") == found, again.err
    for key in KEYS:
        put(key, key + "!")
    assert set(check(folded("sync", "m:", "synced"), "synced", "!")) == set(found)


def test_fault_spelling_is_told_apart_elsewhere():
    got = larder("get", "-r", "m:", "plain/", env=PLACE)
    assert got.code == 0 and set(tree("plain")) == set(KEYS), got.err


run(sys.modules[__name__])
