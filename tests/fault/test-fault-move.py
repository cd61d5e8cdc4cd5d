#!/usr/bin/env python3
"""mv removes nothing before its copy is proven: against a store that loses bytes and says that all is well."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from tool import BUILD, ENV, HOME, LARDER, Ran, larder, read, run, write  # noqa: E402

write("larder.ini", b'[store "s"]\nbackend = b\nbucket = lossy\n[store "m"]\nbackend = mock\nbucket = mocked\n')
write("profiles/t.ini", ("".join('[backend "%s"]\ndriver = %s\nroot = %s/root-%s\ncreate = yes\nfsync = no\n' % (name, driver, HOME, name)
                                 for name, driver in (("b", "lossy"), ("mock", "localfs-mock")))).encode())
PLACE = {"LARDER_CONFIG": os.path.join(HOME, "larder.ini"), "LARDER_PROFILE": "t"}
BYTES = bytes(range(256)) * 300


def tool(*args, stdin=b""):
    return larder(*args, stdin=stdin, env=PLACE)


def stays(got, address):
    assert got.code == 6 and "differs from its source; the source stays" in got.err and "next:" in got.err, (got.code, got.err)
    assert (read(address) if os.path.exists(address) else tool("cat", address).raw) == BYTES, address


def test_fault_move_file_into_a_lossy_store():
    for end in ("lossy", "short"):
        write("a." + end, BYTES)
        stays(tool("mv", "a." + end, "s:x." + end), "a." + end)
        got = tool("cat", "s:x." + end)
        assert got.raw != BYTES, "the driver lost nothing: this test proves nothing"


def test_fault_move_object_into_a_lossy_store():
    for end in ("lossy", "short"):
        for store in ("s", "m"):
            key = "%s:from-%s" % (store, end)
            assert tool("put", "-", key, stdin=BYTES).code == 0
            stays(tool("mv", key, "s:y." + end), key)


def test_fault_move_folder_into_a_lossy_store():
    """One that is lost leaves the others moved; the one itself stays."""
    for name in ("one", "two.lossy", "three"):
        write("folder/" + name, BYTES)
    got = tool("mv", "-r", "folder", "s:folder/")
    assert got.code == 1 and got.err.count("the source stays") == 1, (got.code, got.err)
    assert sorted(os.listdir("folder")) == ["two.lossy"] and read("folder/two.lossy") == BYTES


def test_fault_move_that_is_proven():
    write("b.fine", BYTES)
    assert tool("mv", "b.fine", "s:z").code == 0 and not os.path.exists("b.fine") and tool("cat", "s:z").raw == BYTES
    assert tool("mv", "s:z", "m:z").code == 0 and tool("stat", "s:z").code == 3 and tool("cat", "m:z").raw == BYTES


def test_fault_move_file_onto_a_disk_that_loses():
    """From file to file the copy is read back; a disk that keeps another byte than it was given."""
    write("c", BYTES)
    os.makedirs("disk")
    env = {**ENV, **PLACE, "LD_PRELOAD": os.path.join(BUILD, "tests/fault/.libs/lossy-disk.so"), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    for args, code in ((["cp", "c", "disk/copied"], 0), (["mv", "c", "disk/moved"], 6)):
        got = Ran(subprocess.run([LARDER, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=60))
        assert got.code == code, (args, got.code, got.err)
    assert read("disk/copied") != BYTES, "the disk lost nothing: this test proves nothing"
    assert read("c") == BYTES and os.listdir("disk") == ["copied"] and "differs from its source" in got.err, (os.listdir("disk"), got.err)


run(sys.modules[__name__])
