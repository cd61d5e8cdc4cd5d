#!/usr/bin/env python3
"""test-live-pairings: sync between local files, mock, MinIO, versitygw and moto, each to each: a seeded tree arrives, a second run copies nothing,
what came, changed and went at the source follows, and verify agrees; c-T08: the order of names around '/' is one everywhere."""
import atexit
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
import tap  # noqa: E402
from folders import files  # noqa: E402
from scene import Done, MODULES, TOOL  # noqa: E402

STORES = ("mock", *servers.NAMES)
LETTERS = ["a", "b", "-", ".x", "0", " ", "+", "%2F", "$", "~", "\u00e9", "\u1112\u1161\u11ab", "&", "#", "?", "*"]     # around '/' in the order of bytes, and odd ones
DELETE = ("--delete", "--delete-most", "50%")
FOLDER = tempfile.mkdtemp(prefix="larder-pairings-")
atexit.register(shutil.rmtree, FOLDER, True)


def path(*parts):
    return os.path.join(FOLDER, *parts)


def write(name, data):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as file:
        file.write(data)


def section(store, server=None):
    """A backend of that name, and a store on it."""
    settings = ["driver = localfs-mock", "root = " + path("mock"), "create = yes", "fsync = no"]
    if server:
        settings = ["driver = s3", "server = " + server.row, "endpoint = " + server.endpoint, "region = " + server.region,
                    "access-key = " + server.access_key, "secret-key = " + server.secret_key]
    return "\n".join(['[backend "%s"]' % store, *settings, '[store "%s"]' % store, "backend = " + store, "bucket = pairings", ""])


def begin():
    """The servers, by name, and one profile for all of them."""
    running = {name: servers.start(name) for name in servers.NAMES}
    for server in running.values():
        server.make_bucket("pairings")
    write(path("larder.ini"), b"[larder]\nenvironment = pairings\n")
    write(path("profiles/all.ini"), "".join(section(store, running.get(store)) for store in STORES).encode())
    return running


def run(*words):
    done = subprocess.run([TOOL, "--config", path("larder.ini"), "--profile", "all", "--json", *words], capture_output=True, text=True, errors="replace",
                          cwd=FOLDER, timeout=120 * servers.SLOW,
                          env={"PATH": os.environ["PATH"], "HOME": FOLDER, "LARDER_MODULE_DIR": MODULES, "XDG_STATE_HOME": path("state"), "LC_ALL": "C.UTF-8"})
    return Done(done.returncode, done.stdout, done.stderr)


def seeded(seed):
    """{name: bytes}: no name is another's folder, for not every service keeps both."""
    dice, tree = random.Random(seed), {}
    while len(tree) < 24:
        name = "/".join("".join(dice.choices(LETTERS, k=dice.randint(1, 3))) for _ in range(dice.randint(1, 3)))
        parts = name.split("/")
        above = {"/".join(parts[:n]) for n in range(1, len(parts))}
        if "." in parts or ".." in parts or above & tree.keys() or any(other.startswith(name + "/") for other in tree):
            continue
        tree[name] = dice.randbytes(dice.randint(0, 3000))
    return tree


def changed(tree, seed):
    """A fifth goes, a fifth grows, some come: what is there then, how many to copy, how many to remove."""
    dice, names = random.Random(seed + 1), sorted(tree)
    dice.shuffle(names)
    gone, grown = names[:5], names[5:10]
    came = {"came/%d%s" % (n, dice.choice(LETTERS)): dice.randbytes(n) for n in range(5)}
    kept = {name: data for name, data in tree.items() if name not in gone}
    return {**kept, **{name: tree[name] + b"+" for name in grown}, **came}, len(grown) + len(came), len(gone)


def sync(*words):
    """(copied and removed, skipped): nothing is refused and nothing fails."""
    done = run("sync", *words)
    assert done.code == 0, (words, done)
    last = done.lines[-1]
    assert last["refused"] == last["failed"] == 0 and last["scanned"] == last["done"] + last["skipped"], (words, last)
    return last["done"], last["skipped"]


def fill(place, tree):
    """The place has this tree and nothing else."""
    top = place if place.startswith("/") else path("filler")
    if top != place:
        shutil.rmtree(top, ignore_errors=True)
    there = files(top)
    for name in there.keys() - tree.keys():
        os.unlink(os.path.join(top, name))
    for name in tree:
        if there.get(name) != tree[name]:
            write(os.path.join(top, name), tree[name])
    if top != place:
        sync(*DELETE, "--checksum", top, place)


def contents(place):
    if place.startswith("/"):
        return files(place)
    shutil.rmtree(path("fetched"), ignore_errors=True)
    sync(place, path("fetched"))
    return files(path("fetched"))


def address(kind, name):
    return path("local", name) if kind == "local" else "%s:%s/" % (kind, name)


def check(source, target):
    name = "%s-%s" % (source, target)
    seed = zlib.crc32(name.encode())
    one, other, tree = address(source, name + "-from"), address(target, name + "-to"), seeded(seed)
    fill(one, tree)
    assert sync(one, other) == (len(tree), 0)
    assert sync(*DELETE, one, other) == (0, len(tree))
    later, copied, removed = changed(tree, seed)
    fill(one, later)
    assert sync(one, other) == (copied, len(later) - copied)
    assert run("verify", one, other).lines[-1]["missing"] == removed         # what went stays without --delete
    assert sync(*DELETE, one, other) == (removed, len(later))
    assert run("verify", one, other).code == 0 and contents(other) == later


def case(source, target):
    return lambda: check(source, target)


for source in ("local", *STORES):
    for target in ("local", *STORES):
        globals()["test_live_pairings_%s_to_%s" % (source, target)] = case(source, target)

places = begin()
try:
    tap.run(sys.modules[__name__])
finally:
    for place in places.values():
        place.stop()
