#!/usr/bin/env python3
"""test-fault-power-cut: after a power cut at any moment a reader finds each object as it was or as it became, in the order of
doc/dev/ingest.md, and what was reported as stored is there. The calls of real ingests are recorded and replayed on a model
of a disk that keeps no more than it must: what was not synced may be there, or empty, or half, and a name that was made,
moved or removed without a sync of its folder may be as before. (D2)"""
import copy
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from power import FOLDER, Disk, recording  # noqa: E402
from world import KEY, Tap, World, png  # noqa: E402

tap = Tap()


def seen(tree):
    """What a reader can look at, as one value: no private files, no locks, no links for people."""
    return frozenset((path, value) for path, value in tree.items() if path.startswith("bucket/.larder/")
                     and not path.startswith(("bucket/.larder/tmp/", "bucket/.larder/lock/")) and value != FOLDER)


def build(tree, root):
    shutil.rmtree(root, ignore_errors=True)
    os.mkdir(root)
    for path, value in tree.items():
        if "/.larder" not in path and path != "bucket":
            continue
        if value == FOLDER:
            os.mkdir(os.path.join(root, path))
        else:
            with open(os.path.join(root, path), "wb") as file:
                file.write(bytes(value))


class Step:
    """One command, from a store that holds `before` to one that holds `after`."""

    def __init__(self, world, words):
        self.words = words
        self.start = world.path("start")
        self.before = audit(world)
        shutil.rmtree(self.start, ignore_errors=True)
        shutil.copytree(world.path("store"), self.start, symlinks=True)
        before = Disk(world.path("store"))
        self.disk = lambda: copy.deepcopy(before)       # one for each replay
        self.lines = record(world, words)
        self.after = audit(world)
        changed = [key for key in {**self.before, **self.after} if self.before.get(key) != self.after.get(key)]
        self.order = sorted(changed, key=lambda key: ("thumbnails" not in key, key not in self.after))

    def allowed(self, state):
        """How many of the changes, in their order, are there; None when it is no such state."""
        for done in range(len(self.order) + 1):
            wanted = dict(self.before)
            wanted.update({key: self.after.get(key) for key in self.order[:done]})
            if state == {key: value for key, value in wanted.items() if value}:
                return done
        return None


def audit(world, root=None):
    """{key: its bytes and metadata}, or what went wrong."""
    more = {"LARDER_TEST_STORE": root or world.path("store")}
    done = world.run("audit", "images", more=more)
    return {line.split()[0]: line for line in done.out.splitlines()} if done.code == 0 else {"": done.err}


def record(world, words, stop=None, root=None):
    log, root = world.path("log"), root or world.path("store")
    done = world.run(*words, more={"LARDER_TEST_STORE": root, "LARDER_TEST_FSYNC": "yes", **recording(log, root, stop)})
    assert done.code == (0 if stop is None else -9), (done.code, done.err, stop)
    with open(log) as file:
        return file.read().splitlines()


def faults(world, step, lines):
    """Power cuts after each of the lines, each different outcome once: what a reader sees then that it must not."""
    disk, looked, states = step.disk(), {}, 0
    for at, line in enumerate([None] + lines):
        if line:
            disk.play(line)
        for tree in disk.cuts():
            view = seen(tree)
            if view not in looked:
                build(tree, world.path("cut"))
                looked[view] = audit(world, world.path("cut"))
                states += 1
            done = step.allowed(looked[view])
            if done is None or (at == len(lines) and done < len(step.order)):
                yield "after %d (%s): %s" % (at, line, looked[view])
    print("# %d calls, %d outcomes looked at" % (len(lines), states))


def again(world, step):
    """Power cuts after which the same command is given again: it goes through, whatever notes and private files are left."""
    disk, tried = step.disk(), set()
    for line in step.lines:
        disk.play(line)
        for tree in (disk.lost(), disk.kept()):
            view = frozenset((path, value) for path, value in tree.items() if "/.larder/" in path and "/tmp/" not in path)
            if view in tried:
                continue
            tried.add(view)
            build(tree, world.path("cut"))
            done = world.run(*step.words, more={"LARDER_TEST_STORE": world.path("cut")})
            state = audit(world, world.path("cut"))
            if done.code or state != step.after:
                yield "after %s: exit %d %s: %s" % (line, done.code, done.err, state)


def killed(world, step):
    """Killed before each sync; the same command again says that it is done; then the power goes: everything is there."""
    for stop, line in enumerate(step.lines):
        if not line.startswith("sync"):
            continue
        root = world.path("killed")
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(step.start, root)
        disk = Disk(root)
        for lines in (record(world, step.words, stop, root), record(world, step.words, None, root)):
            for line in lines:
                disk.play(line)
        build(disk.lost(), world.path("cut"))
        state = audit(world, world.path("cut"))
        if state != step.after:
            yield "killed at call %d: %s" % (stop, state)


def first(found):
    return next(found, None)


world = World(fsync="${LARDER_TEST_FSYNC:-no}")
for name in ("plain", "gated"):
    with open(world.path("profiles", name + ".ini")) as file:
        text = file.read()
    world.put("profiles/%s.ini" % name, text.replace(world.path("store"), "${LARDER_TEST_STORE}").encode())
for name, colour in (("red", (200, 0, 0)), ("blue", (0, 0, 200))):
    world.put(name, png(colour))
os.mkdir(world.path("store"))
ONE = ("ingest", world.path("red"), "u", "j")
STEPS = (("new", ONE), ("another", ("ingest", world.path("red"), "u", "k")), ("overwrite", ("ingest", world.path("blue"), "u", "j", "overwrite")),
         ("swap", ("ingest", world.path("red"), "u", "j", "overwrite", "format=webp")))
for name, words in STEPS:
    step = Step(world, words)
    disk = step.disk()
    for line in step.lines:
        disk.play(line)
    there = {os.path.relpath(os.path.join(folder, file), world.path("store")) for folder, _, files in os.walk(world.path("store")) for file in files}
    modelled = {path for path, value in disk.kept().items() if value != FOLDER}
    tap.check(there == modelled, "test-fault-power-cut-recorded-" + name, there ^ modelled)
    tap.check(len(step.order) >= 2 and KEY in {**step.before, **step.after}, "test-fault-power-cut-changes-" + name, step.order)
    for test, found in (("reader", faults(world, step, step.lines)), ("again", again(world, step)), ("killed", killed(world, step))):
        why = first(found)
        tap.check(why is None, "test-fault-power-cut-%s-%s" % (test, name), why)
    # and the test would notice: without syncs of files, and without those of folders
    for kind in (False, True):
        disk = step.disk()
        deaf = []
        for line in step.lines:
            if not line.startswith("sync") or disk.nodes[int(line.split()[1])].folder != kind:
                deaf.append(line)
            disk.play(line)
        tap.check(first(faults(world, step, deaf)), "test-fault-power-cut-noticed-%s-%s" % (name, "folders" if kind else "files"))
tap.done()
