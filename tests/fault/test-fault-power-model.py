#!/usr/bin/env python3
"""test-fault-power-model: after a power cut at any moment of a load, what is found at the stable path of a model is nothing, or all of the version before, or
all of the new one with its modes; when the load had said that it is done, it is the new one, and the next load finds it without loading anything. After any cut
the same load ends well, and nothing is left of what was begun. c-C01

As test-fault-power-transfer: a cut is made from the calls that the command did, on the model of a disk in power.py."""
import copy
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/cache"))
from caches import MIB, Cache, model_line, read, run, write  # noqa: E402
from power import FOLDER, Disk, Link, recording  # noqa: E402

MOST = int(os.environ.get("LARDER_POWER_MOST", "8"))
OLD, NEW = os.urandom(70001), os.urandom(80002)
LARGE = os.urandom(17 * MIB + 3)                # three ranges
LOAD = ("model", "load", "base", "--base", "sdxl", "--revalidate", "--json")


def resolve(tree, path):
    """Where the links of that path lead, or None."""
    parts, done = path.split("/"), []
    for turn in range(40):
        if not parts:
            break
        part = parts.pop(0)
        if part == "..":
            done.pop()
            continue
        value = tree.get("/".join(done + [part]))
        if isinstance(value, Link):
            parts = value.decode().split("/") + parts
        elif value is None:
            return None
        else:
            done.append(part)
    return "/".join(done)


class Case:
    """A load over what `before` made; {path: bytes} of what workers open, before and after."""

    def __init__(self, settings, versions):
        self.cache = Cache("wait = 30s", *settings)
        self.before, self.after = ({}, *versions)[-2:]
        for version in versions:
            for path, data in version.items():
                self.cache.put(path, data)
            if version is not self.after:
                self.load()
        os.makedirs(self.cache.root, exist_ok=True)
        self.start = self.cache.path("start")
        shutil.copytree(self.cache.root, self.start, symlinks=True)
        begun = Disk(self.cache.root)
        self.fresh = lambda: copy.deepcopy(begun)
        log = self.cache.path("log")
        self.load(recording(log, self.cache.root))
        self.lines = read(log).decode().splitlines()
        kept = self.played(self.lines).kept()
        assert self.seen(kept) == {path: (data, 0o755) for path, data in self.after.items()}, kept.keys()

    def load(self, env=None):
        got = self.cache.run(*LOAD, env=env or {})
        assert got.code == 0, got.err
        return model_line(got.out)["how"]

    def played(self, lines):
        disk = self.fresh()
        for line in lines:
            disk.play(line)
        return disk

    def seen(self, tree):
        """{path: (bytes, mode)} of those that can be opened; the mode of what this load did not touch is no matter."""
        found = {path: (bytes(tree[at]), tree.modes.get(at)) for path in self.after for at in [resolve(tree, path)] if at is not None}
        return {path: (data, 0o755 if data in self.before.values() else mode) for path, (data, mode) in found.items()}

    def cuts(self, lines):
        """Of many writes to one file, which nobody can open yet, those before the first and behind the last."""
        disk = self.fresh()
        for at, line in enumerate([None] + lines):
            if line:
                disk.play(line)
            if line and line.startswith("write") and lines[at:at + 1] and lines[at].startswith("write"):
                continue
            for tree in disk.cuts():
                yield "after %d of %d (%s)" % (at, len(lines), (line or "")[:150]), at == len(lines), tree

    def wrong(self, lines=None):
        """The first cut after which something is seen that must not be."""
        whole = [{path: (data, 0o755) for path, data in version.items()} for version in (self.before, self.after)]
        for where, done, tree in self.cuts(self.lines if lines is None else lines):
            if self.seen(tree) not in whole[done:]:
                return where, {path: (len(data), mode) for path, (data, mode) in self.seen(tree).items()}
        return None

    def build(self, tree):
        shutil.rmtree(self.cache.root)
        shutil.rmtree(self.cache.path("locks"), ignore_errors=True)
        os.mkdir(self.cache.root)
        for path, value in tree.items():
            where = os.path.join(self.cache.root, path)
            if value == FOLDER:
                os.mkdir(where)
            elif isinstance(value, Link):
                os.symlink(value, where)
            else:
                write(where, bytes(value))

    def again(self):
        """The same load after a cut; after one behind its end it finds what is there."""
        found = list(self.cuts(self.lines))
        ended = [cut for cut in found if cut[1]]
        for where, done, tree in some([cut for cut in found if not cut[1]]) + some(ended):
            self.build(tree)
            how = self.load()
            assert how in (("hit",) if done else ("hit", "filled", "adopted")), (where, how)
            for path, data in self.after.items():
                assert read(os.path.join(self.cache.root, path)) == data, (where, path)
            assert self.cache.private() == [], (where, how, self.cache.private())

    def deaf(self, which):
        """The calls without the syncs of which that is true: the test must notice."""
        disk, lines = self.fresh(), []
        for line in self.lines:
            if not line.startswith("sync") or not which(disk.nodes[int(line.split()[1])]):
                lines.append(line)
            disk.play(line)
        return lines


def some(found):
    """A part of a long list, from its first to its last."""
    if not MOST or len(found) <= MOST:
        return found
    return [found[number * (len(found) - 1) // (MOST - 1)] for number in range(MOST)]


def look_at(case):
    wrong = case.wrong()
    assert not wrong, wrong
    case.again()
    return case


def notices(case):
    for what, which in (("files", lambda node: not node.folder), ("folders", lambda node: node.folder), ("modes", lambda node: "mode" in node.values)):
        assert case.wrong(case.deaf(which)), "no one notices that %s are not synced" % what


def test_fault_power_model_first():
    notices(look_at(Case((), [{"sdxl/base.safetensors": NEW}])))


def test_fault_power_model_over_an_older_one():
    notices(look_at(Case((), [{"sdxl/base.safetensors": OLD}, {"sdxl/base.safetensors": NEW}])))


def test_fault_power_model_in_ranges():
    look_at(Case((), [{"sdxl/base.safetensors": LARGE}]))


def test_fault_power_model_of_many_files():
    settings = "pattern = {base}/{name}", "key = {base}/{name}/"
    notices(look_at(Case(settings, [{"sdxl/base/" + name: data[number:] for number, name in enumerate(("a", "b/c"))} for data in (OLD, NEW)])))


run(sys.modules[__name__])
