#!/usr/bin/env python3
"""Runs that leave a manifest, killed before each call that changes a folder or a file: no half manifest is ever seen, nothing that one tells of is lost, and the
same command given again ends well. Likewise while a manifest that could not be put is kept, and while it is put by a later run."""
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

TREE = {"a": b"one", "b/c": b"two" * 1000, "d": b""}


class Place(KillPlace):
    """A store, one for manifests, and a folder. After open(False) there is no bucket for manifests."""

    def __init__(self):
        super().__init__("larder-manifest-")
        self.write("larder.ini", b'[larder]\nmanifests = kept:m\n[store "s"]\nbackend = b\nbucket = data\n[store "kept"]\nbackend = k\nbucket = kept\n')
        for name, data in TREE.items():
            self.write("tree/" + name, data)
        self.open(True)

    def open(self, create):
        self.write("profiles/t.ini", ("".join('[backend "%s"]\ndriver = localfs-mock\nroot = %s/%s\ncreate = %s\nfsync = no\n' % (
            name, self.home, folder, how) for name, folder, how in (("b", "root", "yes"), ("k", "more", "yes" if create else "no")))).encode())


def told(place):
    """{key: action} of a verify, which finds each manifest whole; {} when there is none."""
    code, out, err = place.run("verify", "--manifest", "--json", "s:")
    assert code in (0, 3), (code, out, err)
    lines = [json.loads(line) for line in out.splitlines()]
    return {line["src"].partition(":")[2]: line["action"] for line in lines if line["type"] == "object"}


def check(place):
    """Whatever is there has its bytes."""
    code, out, err = place.run("ls", "-r", "--json", "s:")
    assert code in (0, 3), (out, err)
    for line in [json.loads(line) for line in out.splitlines()]:
        if line["type"] == "object":
            assert place.run("cat", "s:" + line["key"])[1] == TREE[line["key"]], line
    actions = told(place)
    assert set(actions.values()) <= {"same", "skipped"}, actions
    return actions


def at_each(place, prepare, after):
    kills = 0
    for call in CALLS:
        number = 0
        while number == 0 or killed:
            number += 1
            prepare()
            code, _, err = place.run("sync", "tree", "s:", **bad("%s:kill:%d" % (call, number)))
            killed = code == -signal.SIGKILL
            assert killed or code == 0, (call, number, code, err)
            kills += killed
            check(place)
            assert place.run("sync", "tree", "s:")[0] == 0, (call, number)
            after(check(place))
    return kills


def test_fault_manifest_kill_at_each_step():
    """Of the run itself. What was written before a kill is 'not in a manifest', or in one that is whole."""
    place = Place()

    def after(actions):
        assert set(actions) in (set(TREE), set()), actions
    assert at_each(place, place.begin, after) > 10
    assert set(told(place).values()) == {"same"}
    shutil.rmtree(place.home)


def test_fault_manifest_kill_at_each_step_of_keeping_it():
    """The store for manifests is not there: what cannot be put is kept whole, or not at all."""
    place, kept = Place(), 0
    for call in CALLS:
        number = 0
        while number == 0 or code == -signal.SIGKILL:
            number += 1
            place.begin()
            place.open(False)
            os.makedirs(place.path("more"))
            code, _, err = place.run("sync", "tree", "s:", **bad("%s:kill:%d" % (call, number)))
            assert code in (1, -signal.SIGKILL), (call, number, code, err)
            whole = sum(name.endswith(".ndjson") for name in files(place.path("state")))
            assert whole == 1 or (whole == 0 and code), (call, number)
            kept += whole
            place.open(True)
            assert place.run("sync", "tree", "s:")[0] == 0
            actions = check(place)
            assert not whole or set(actions.values()) == {"same"}, (call, number, actions)
    assert kept >= len(CALLS)
    shutil.rmtree(place.home)


def test_fault_manifest_kill_at_each_step_of_putting_it_later():
    """By the run after: it is below the state folder until it is in its store, and then in that alone."""
    place = Place()

    def prepare():
        place.begin()
        place.open(False)
        os.makedirs(place.path("more"))
        assert place.run("sync", "tree", "s:")[0] == 1
        place.open(True)

    def after(actions):
        assert set(actions.values()) == {"same"} and set(actions) == set(TREE), actions
        assert not [name for name in files(place.path("state")) if name.endswith(".ndjson")]
    assert at_each(place, prepare, after) > 3
    shutil.rmtree(place.home)


tap.run(sys.modules[__name__])
