#!/usr/bin/env python3
"""test-fault-power-cut: after a power cut at any moment a reader finds each object as it was or as it became, in the order of
doc/dev/ingest.md, and what was reported as stored is there. The calls of real ingests are recorded and replayed on a model
of a disk that keeps no more than it must: what was not synced may be there, or empty, or half, and a name that was made,
moved or removed without a sync of its folder may be as before. (D2)"""
import copy
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from world import KEY, SANITIZED, TOP, Tap, World, png  # noqa: E402

RECORDER = os.path.join(TOP, "tests/fault/.libs/recorder.so")
FOLDER = "folder"
tap = Tap()


class Node:
    """A file or folder. What may be found after a power cut: any of the values since the last sync, oldest first."""

    def __init__(self, folder):
        self.folder = folder
        self.values = {} if folder else {"": [b""]}     # folder: a name's nodes, None for none; file: its bytes

    def now(self, name=""):
        return self.values.get(name, [None])[-1]

    def set(self, name, value):
        self.values.setdefault(name, [None]).append(value)

    def sync(self):
        self.values = {name: values[-1:] for name, values in self.values.items() if values[-1] is not None}


class Disk:
    def __init__(self, root):
        """As it is now, all of it durable."""
        self.root, self.nodes = root, {}
        self.top = self.load(root)

    def load(self, path):
        inode = os.lstat(path).st_ino
        if inode in self.nodes:
            return self.nodes[inode]
        node = self.nodes[inode] = Node(os.path.isdir(path))
        if node.folder:
            node.values = {name: [self.load(os.path.join(path, name))] for name in os.listdir(path)}
        else:
            with open(path, "rb") as file:
                node.values = {"": [file.read()]}
        return node

    def place(self, path):
        """The folder, and the name in it."""
        node = self.top
        *folders, name = os.path.relpath(path, self.root).split("/")
        for folder in folders:
            node = node.now(folder)
        return node, name

    def play(self, line):
        what, *words = line.split(" ")
        if what in ("make", FOLDER):
            node = self.nodes[int(words[0])] = Node(what == FOLDER)
            folder, name = self.place(words[1])
            folder.set(name, node)
        elif what == "write":
            node, offset, data = self.nodes[int(words[0])], int(words[1]), bytes.fromhex(words[2])
            node.set("", node.now()[:offset].ljust(offset, b"\0") + data + node.now()[offset + len(data):])
        elif what == "cut":
            node, length = self.nodes[int(words[0])], int(words[1])
            node.set("", node.now()[:length].ljust(length, b"\0"))
        elif what == "sync":
            self.nodes[int(words[0])].sync()
        elif what == "rename":
            (source, old), (target, new) = self.place(words[0]), self.place(words[1])
            if source.now(old) is not target.now(new):      # two names of one file: nothing happens
                target.set(new, source.now(old))
                source.set(old, None)
        elif what == "link":
            folder, name = self.place(words[1])
            folder.set(name, self.nodes[int(words[0])])
        else:
            folder, name = self.place(words[0])
            folder.set(name, None)

    def tree(self, choose, node=None, path=""):
        """{path: bytes, or FOLDER} of the disk as `choose` (node, name, values) has it."""
        node, found = node or self.top, {}
        for name, values in node.values.items():
            value = choose(node, name, values)
            below = path + "/" + name if path else name
            if isinstance(value, Node) and value.folder:
                found[below] = FOLDER
                found.update(self.tree(choose, value, below))
            elif isinstance(value, Node):
                found[below] = choose(value, "", value.values[""])
        return found

    def lost(self):
        return self.tree(lambda node, name, values: values[0])

    def kept(self):
        return self.tree(lambda node, name, values: values[-1])

    def cuts(self):
        """All lost, all kept, and each thing that is not certain in each of its states beside both."""
        yield self.lost()
        yield self.kept()
        for node in set(self.nodes.values()):
            for name, values in node.values.items():
                if len(values) > 1:
                    half = [] if node.folder else [values[-1][:len(values[-1]) // 2]]
                    for value in values[:-1] + half + values[-1:]:
                        for other in (0, -1):
                            yield self.tree(lambda n, m, v: value if (n, m) == (node, name) else v[other])


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
                file.write(value)


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
    log = world.path("log")
    if os.path.exists(log):
        os.unlink(log)
    root = root or world.path("store")
    more = {"LARDER_TEST_STORE": root, "LARDER_TEST_FSYNC": "yes", "LARDER_RECORD": log, "LARDER_RECORD_ROOT": root, "LD_PRELOAD": RECORDER}
    if SANITIZED:
        more["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
    if stop is not None:
        more["LARDER_RECORD_STOP"] = str(stop)
    done = world.run(*words, more=more)
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
