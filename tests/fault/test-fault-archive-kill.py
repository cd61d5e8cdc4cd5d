#!/usr/bin/env python3
"""larder archive put, killed before each call that changes a folder or a file, with and without --pack: each object that is there is whole, no bundle is taken for one that it is not, and the
same command, given again, writes what is missing and nothing else. c-G03."""
import hashlib
import json
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import tap  # noqa: E402
from folders import files  # noqa: E402
from kill_place import CALLS, KillPlace  # noqa: E402
from stopped import bad  # noqa: E402

TREE = {**{"logs/%d" % n: bytes([65 + n]) * 300000 for n in range(5)}, "empty": b"", "large": b"large" * 100000}
PACK = ("--pack", "--pack-below", "400KiB", "--bundle-size", "1MiB")


class Place(KillPlace):
    def __init__(self):
        super().__init__("larder-archive-kill-")
        self.write("larder.ini", b'[larder]\nmanifests = kept:m\n[store "s"]\nbackend = b\nbucket = data\nclass = GLACIER_IR\n[store "kept"]\nbackend = b\nbucket = kept\n')
        self.write("profiles/t.ini", ('[backend "b"]\ndriver = localfs-mock\nroot = %s/root\ncreate = yes\nfsync = no\n' % self.home).encode())
        for name, data in TREE.items():
            self.write("tree/" + name, data)

    def put(self, *words, **more):
        return self.run("archive", "put", *words, "tree", "s:p/", **more)

    def objects(self):
        """Key: its bytes, and what tells one write of them from the next."""
        shutil.rmtree(self.path("got"), ignore_errors=True)
        code, out, err = self.run("get", "-r", "s:", "got/")
        assert code in (0, 3), (out, err)
        return {name: (data, self.written(name)) for name, data in files(self.path("got")).items()}

    def written(self, key):
        """The mock gives each write a file of its own."""
        folder, name = os.path.split(self.path("root/data/.larder/data/" + key))
        return sorted(one for one in os.listdir(folder) if one.startswith(name + "%%@"))


def check_whole(objects):
    """A bundle has the bytes that its name says, and an index tells of a bundle that is there; what is not packed is the file."""
    for key, (data, _) in objects.items():
        if key.endswith(".tar"):
            assert key == "p/bundle-%s.tar" % hashlib.sha256(data).hexdigest()[:32], key
        elif key.endswith(".index"):
            first, *members = [json.loads(line) for line in data.splitlines()]
            bundle = objects[key[:-len(".index")]][0]
            assert first["sha256"] == hashlib.sha256(bundle).hexdigest() and first["members"] == len(members), first
            for one in members:
                assert bundle[one["offset"]:one["offset"] + one["length"]] == TREE[one["path"].partition("/")[2]], one
        else:
            assert data == TREE[key[len("p/tree/"):]], key


def restored(place):
    shutil.rmtree(place.path("back"), ignore_errors=True)
    code, out, err = place.run("archive", "restore", "--to", "back", "--prefix", "s:p/")
    assert code == 0, (code, out, err)
    return {name.partition("tree/")[2]: data for name, data in files(place.path("back")).items()}


def kill_at_each(words, objects):
    place, kills = Place(), 0
    for call in CALLS:
        number, killed = 0, True
        while killed:
            number += 1
            place.begin()
            code, _, err = place.put(*words, **bad("%s:kill:%d" % (call, number)))
            killed = code == -signal.SIGKILL
            assert killed or code == 0, (call, number, code, err)
            kills += killed
            before = place.objects()
            check_whole(before)
            code, out, err = place.put(*words)
            assert code == 0, (call, number, out, err)
            after = place.objects()
            check_whole(after)
            assert len(after) == objects and {key: after[key] for key in before} == before, (call, number, sorted(before), sorted(after))
            code, out, err = place.run("verify", "--manifest", "s:")
            assert code == 0 if after != before else code in (0, 3), (call, number, code, out, err)     # who wrote tells of it; what the dead one wrote nobody need tell
    assert restored(place) == TREE
    assert not [name for name in files(place.home) if os.path.basename(name).startswith(".tmp")]
    shutil.rmtree(place.home)
    return kills


def test_fault_archive_kill_packed():
    """Two bundles with their indexes, and the large file."""
    assert kill_at_each(PACK, 5) > 20


def test_fault_archive_kill_one_by_one():
    assert kill_at_each((), len(TREE)) > 20


tap.run(sys.modules[__name__])
