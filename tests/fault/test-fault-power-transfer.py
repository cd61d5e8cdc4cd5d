#!/usr/bin/env python3
"""test-fault-power-transfer: after a power cut at any moment of a get, a put to the mock or a sync, each file has its old bytes or its new
ones, never others; when the command had said that it is done, all are new, the folders they are in included. The same command, given
again after any cut, ends well and leaves no journal, no part and no private file. (D2)

A cut is made from the calls that the command did, on the model of a disk in power.py; journals are on it, too. Every cut is looked at where
that needs no process; of those after which something is run, LARDER_POWER_MOST a case (by default 8; 0: all, as `make check-fault` does)."""
import copy
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import tap  # noqa: E402
from folders import Home, files  # noqa: E402
from kill_transfers import LATER  # noqa: E402
from power import FOLDER, Content, Disk, recording  # noqa: E402

TOOL = os.path.join(os.environ["TOP_BUILDDIR"], "larder")
MOST = int(os.environ.get("LARDER_POWER_MOST", "8"))
LARGE = random.Random(1).randbytes((16 << 20) + 70001)          # three parts, three ranges
NEW = {"%d/%d" % (number % 3, number): b"new %d" % number * 100 for number in range(7)}
OLD = {**{name: b"old " + name.encode() for name in list(NEW)[:3]}, "0/gone": b"gone", "z/gone": b"gone"}
PROFILE = """[backend "far"]
driver = localfs-mock
root = %s/far
create = yes
fsync = no

[backend "near"]
driver = localfs-mock
root = %s/disk/root
create = yes
"""


def is_private(path):
    return os.path.basename(path).startswith(".tmp-")


class Place(Home):
    """`disk` loses its power: the target and the journals are there. The source is not."""

    def __init__(self):
        super().__init__("larder-power-")
        self.write("larder.ini", b"".join(b'[store "%s"]\nbackend = %s\nbucket = bucket\n' % (name, name) for name in (b"far", b"near")))
        self.write("profiles/t.ini", (PROFILE % (self.home, self.home)).encode())
        self.write("source/large", LARGE)
        for name, data in NEW.items():
            self.write("source/tree/" + name, data)
        for name, data in OLD.items():
            self.write("source/old/" + name, data)
        self.disk = self.path("disk")
        self.whole("put", "-r", "source/", "far:")

    def run(self, *words, state="state", more=None):
        env = {**os.environ, "LARDER_CONFIG": self.path("larder.ini"), "LARDER_PROFILE": "t", "XDG_STATE_HOME": self.path(state),
               "LARDER_MODULE_DIR": os.path.join(os.environ["TOP_BUILDDIR"], ".libs"), **(more or {})}
        done = subprocess.run([TOOL, "-q", *words], env=env, cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        return done.returncode, done.stdout

    def whole(self, *words, **kinds):
        code, said = self.run(*words, **kinds)
        assert code == 0, (words, code, said)

    def clear(self):
        shutil.rmtree(self.disk, ignore_errors=True)
        os.mkdir(self.disk)

    def build(self, tree):
        """The disk as it is found when the power is back. The mock's links for people are no matter."""
        self.clear()
        for path, value in tree.items():
            if path.startswith("root/bucket/") and not path.startswith("root/bucket/.larder"):
                continue
            if value == FOLDER:
                os.mkdir(os.path.join(self.disk, path))
            else:
                with open(os.path.join(self.disk, path), "wb") as file:
                    file.write(bytes(value))

    def record(self, words, stop=None):
        """What it did; with `stop`, killed instead of that call, if it came to it: whose threads share folders may need a call less."""
        code, said = self.run(*words, state="disk/state", more=recording(self.path("log"), self.disk, stop))
        lines = []
        if os.path.exists(self.path("log")):
            with open(self.path("log")) as file:
                lines = file.read().splitlines()
        assert code == 0 and (stop is None or len(lines) <= stop) or stop is not None and code == -9, (words, stop, code, said)
        return lines


def contents(found):
    return {name: Content(data) for name, data in found.items()}


class Local:
    """The target is below the folder `out`; its files are seen on the model."""

    def look(self, place, tree):
        return {path[4:]: value for path, value in tree.items() if path.startswith("out/") and value != FOLDER and not is_private(path)}


class Mock:
    """The target is a store; its objects are seen by reading them."""

    def look(self, place, tree):
        place.build(tree)
        shutil.rmtree(place.path("look"), ignore_errors=True)
        code, said = place.run("get", "-r", "near:", "look")
        return contents(files(place.path("look")) if code in (0, 3) else {"": said})      # 3: nothing is there


def some(found):
    """A part of a long list, from its first to its last."""
    if not MOST or len(found) <= MOST:
        return found
    return [found[number * (len(found) - 1) // (MOST - 1)] for number in range(MOST)]


class Case:
    def __init__(self, place, target, words, want, prepare=()):
        self.place, self.target, self.words = place, target, words
        place.clear()
        for before in prepare:
            place.whole(*before)
        self.start = place.path("start")
        shutil.rmtree(self.start, ignore_errors=True)
        shutil.copytree(place.disk, self.start, symlinks=True)
        begun = Disk(place.disk)
        self.fresh = lambda: copy.deepcopy(begun)
        self.lines = place.record(words)
        disk = self.played(self.lines)
        there = {path for path in files(place.disk)}
        modelled = {path for path, value in disk.kept().items() if value != FOLDER}
        assert there == modelled, ("the model differs", there ^ modelled)
        self.before, self.after = target.look(place, begun.kept()), target.look(place, disk.kept())
        assert self.after == contents(want), (sorted(self.after), sorted(want))

    def played(self, lines):
        disk = self.fresh()
        for line in lines:
            disk.play(line)
        return disk

    def wrong(self, state, done):
        """What must not be seen, or None."""
        for name in sorted(state.keys() | self.before.keys() | self.after.keys()):
            old, new, now = self.before.get(name), self.after.get(name), state.get(name)
            if now != new and (done or now != old):
                return "%s is %s" % (name, "gone" if now is None else "as before" if now == old else "torn: %d bytes" % now.length)
        return None

    def trees(self, lines):
        """Of each cut, each different one once: where, is all done, the disk."""
        disk, known = self.fresh(), set()
        for at, line in enumerate([None] + lines):
            if line:
                disk.play(line)
            for tree in disk.cuts():
                view = frozenset(tree.items()), at == len(lines)
                if view not in known:
                    known.add(view)
                    yield "after %d of %d (%s)" % (at, len(lines), (line or "")[:100]), view[1], tree

    def torn(self, lines=None):
        """The first cut after which something is seen that must not be."""
        trees = list(self.trees(self.lines if lines is None else lines))
        for where, done, tree in trees if isinstance(self.target, Local) else some([t for t in trees if not t[1]]) + some([t for t in trees if t[1]]):
            why = self.wrong(self.target.look(self.place, tree), done)
            if why:
                return "%s: %s" % (where, why)
        return None

    def unknown(self):
        """The first cut that leaves an upload of which no journal tells: nobody would ever remove it."""
        for where, _, tree in self.trees(self.lines):
            left = [path for path in tree if "/.larder/uploads/" in path and tree[path] != FOLDER]
            if left and not any(path.endswith(".journal") for path in tree):
                return "%s: %s" % (where, left)
        return None

    def again(self):
        """The same command after a cut: it ends well, and nothing is left."""
        for where, _, tree in some(list(self.trees(self.lines))):
            self.place.build(tree)
            code, said = self.place.run(*self.words, state="disk/state")
            assert code == 0, (where, code, said)
            if any("-" in os.path.basename(path) and path.endswith(".journal") for path in files(self.place.disk)):      # an upload may be open whose id never came
                self.place.whole("transfer", "gc", "--older-than", "0s", state="disk/state", more=LATER)
            left = [path for path in files(self.place.disk) if is_private(path) or path.endswith(".journal") or "/.larder/uploads/" in path]
            assert not left, (where, left)
            why = self.wrong(self.target.look(self.place, Disk(self.place.disk).kept()), True)
            assert not why, (where, why)

    def killed(self):
        """Killed before it syncs something; the same command again says that it is done; then the power goes. A sync leaves alone what it
        finds the same: what another process made a moment ago may be as before then, but never torn."""
        for stop in some([number for number, line in enumerate(self.lines) if line.startswith("sync")]):
            self.place.clear()
            shutil.copytree(self.start, self.place.disk, symlinks=True, dirs_exist_ok=True)
            disk = Disk(self.place.disk)
            for line in self.place.record(self.words, stop) + self.place.record(self.words):
                disk.play(line)
            why = self.wrong(self.target.look(self.place, disk.lost()), self.words[0] != "sync")
            assert not why, ("killed at call %d" % stop, why)

    def deaf(self, kind):
        """The calls without the syncs of files, or of folders: the test must notice."""
        disk, lines = self.fresh(), []
        for line in self.lines:
            if not line.startswith("sync") or disk.nodes[int(line.split()[1])].folder != kind:
                lines.append(line)
            disk.play(line)
        return lines


PLACE = Place()
OVER = ("put", "source/old/0/gone", "near:large")
CASES = {
    "get_small": lambda: Case(PLACE, Local(), ("get", "far:tree/0/0", "disk/out/a/b/small"), {"a/b/small": NEW["0/0"]}),
    "get_over": lambda: Case(PLACE, Local(), ("get", "far:tree/0/0", "disk/out/small"), {"small": NEW["0/0"]}, [("get", "far:old/0/0", "disk/out/small")]),
    "get_large": lambda: Case(PLACE, Local(), ("get", "far:large", "disk/out/a/large"), {"a/large": LARGE}),
    "get_large_over": lambda: Case(PLACE, Local(), ("get", "far:large", "disk/out/large"), {"large": LARGE}, [("get", "far:old/0/0", "disk/out/large")]),
    "get_tree": lambda: Case(PLACE, Local(), ("get", "-r", "far:tree/", "disk/out/in"), {"in/" + name: data for name, data in NEW.items()}),
    "put_small": lambda: Case(PLACE, Mock(), ("put", "source/tree/0/0", "near:a/small"), {"a/small": NEW["0/0"]}),
    "put_large": lambda: Case(PLACE, Mock(), ("put", "source/large", "near:a/large"), {"a/large": LARGE}),
    "put_large_over": lambda: Case(PLACE, Mock(), ("put", "source/large", "near:large"), {"large": LARGE}, [OVER]),
    "sync_up": lambda: Case(PLACE, Mock(), ("sync", "--delete", "--delete-most", "100%", "source/tree", "near:"), NEW, [("put", "-r", "source/old/", "near:")]),
    "sync_down": lambda: Case(PLACE, Local(), ("sync", "--delete", "--delete-most", "100%", "far:tree/", "disk/out"), NEW, [("get", "-r", "far:old/", "disk/out")]),
    "sync_local": lambda: Case(PLACE, Local(), ("sync", "--delete", "--delete-most", "100%", "source/tree", "disk/out"), NEW, [("get", "-r", "far:old/", "disk/out")]),
}


def case_of(make):
    def test():
        case = make()
        why = case.torn()
        assert not why, why
        why = case.unknown()
        assert not why, why
        case.again()
        case.killed()
        for kind in (False, True):                      # and the test would notice
            assert case.torn(case.deaf(kind)), "no one notices that %s are not synced" % ("folders" if kind else "files")
    return test


for name, make in CASES.items():
    globals()["test_fault_power_transfer_" + name] = case_of(make)

try:
    tap.run(sys.modules[__name__])
finally:
    shutil.rmtree(PLACE.home)
