#!/usr/bin/env python3
"""test-fault-ingest-refused: no room, no bucket, a store that cannot be written: the right exit code, the next step, and
nothing half written. One bad picture of a batch costs that picture. What is damaged in the store is never "already stored".
(D2)"""
import json
import os
import random
import resource
import signal
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from world import KEY, THUMBNAIL, Tap, World, png  # noqa: E402

tap = Tap()


def noise(width, height):
    """Does not compress: larger than the limit below."""
    import struct
    import zlib
    chance = random.Random(1)
    rows = b"".join(b"\0" + chance.randbytes(width * 3) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))


# the thumbnail fits, the picture does not: the claim is taken back
world = World().with_bucket()
world.put("large", noise(300, 300))
done = world.run("ingest", world.path("large"), "u", "j", preexec_fn=small_files)
tap.check(done.code == 7 and "ulimit" in done.err, "test-fault-ingest-full-code", (done.code, done.err))
tap.check(not world.leftovers(), "test-fault-ingest-full-nothing-left", world.leftovers())
done = world.run("ingest", world.path("large"), "u", "j")
tap.check(done.code == 0 and done.out.startswith("new "), "test-fault-ingest-full-again", done.err)

# and the manifest of that run tells that it was
world = World(more='manifest = yes\n\n[larder]\nmanifests = kept:m\n\n[store "kept"]\nbackend = objects\nbucket = kept\n').with_bucket()
world.put("large", noise(300, 300))
done = world.run("ingest", world.path("large"), "u", "j", preexec_fn=small_files)
told = world.tool("verify", "--manifest", "--json", "images")
same = json.loads(told.out.splitlines()[-1]).get("same")
tap.check(done.code == 7 and told.code == 0 and same == 2 and THUMBNAIL not in told.out, "test-fault-ingest-full-manifest", (done.code, told.code, told.out, told.err))

# where versions are kept, the claim that was taken back is an old version below a delete marker, and no reader sees it
world = World()
with open(world.path("larder.ini")) as file:
    text = file.read()
world.put("larder.ini", text.replace("bucket = bucket\n", "bucket = bucket\nversioning = yes\n").encode())
world.with_bucket().put("large", noise(300, 300))


def versions_of_thumbnail():
    lines = world.tool("ls", "-r", "--versions", "--json", "images:").out.splitlines()
    found = [line for line in map(json.loads, lines) if line.get("key") == THUMBNAIL]
    return ["marker" if line["delete_marker"] else "bytes" for line in found]


done = world.run("ingest", world.path("large"), "u", "j", preexec_fn=small_files)
tap.check(done.code == 7 and not world.leftovers(), "test-fault-ingest-full-versioned-nothing-seen", (done.code, done.err, world.leftovers()))
tap.check(versions_of_thumbnail() == ["marker", "bytes"], "test-fault-ingest-full-versioned-claim-is-an-old-version", versions_of_thumbnail())
done = world.run("ingest", world.path("large"), "u", "j")
tap.check(done.code == 0 and done.out.startswith("new ") and versions_of_thumbnail() == ["bytes", "marker", "bytes"],
          "test-fault-ingest-full-versioned-again", (done.out, done.err, versions_of_thumbnail()))

# an overwrite that does not fit leaves the old picture with a thumbnail
world = World().with_bucket()
world.put("large", noise(300, 300))
world.put("small", png((9, 9, 9)))
world.run("ingest", world.path("small"), "u", "j")
done = world.run("ingest", world.path("large"), "u", "j", "overwrite", preexec_fn=small_files)
tap.check(done.code == 7 and world.stat("images", KEY) and world.stat("thumbnails", THUMBNAIL), "test-fault-ingest-full-overwrite", done.err)

# no bucket, and none is made
world = World().with_bucket()
profile = world.path("profiles", "plain.ini")
with open(profile) as file:
    text = file.read()
with open(profile, "w") as file:
    file.write(text.replace("create = yes", "create = no").replace("/store", "/elsewhere"))
os.mkdir(world.path("elsewhere"))
world.put("small", png((9, 9, 9)))
done = world.run("ingest", world.path("small"), "u", "j")
tap.check(done.code == 3 and "bucket" in done.err and "create = yes" in done.err, "test-fault-ingest-no-bucket", (done.code, done.err))
tap.check(os.listdir(world.path("elsewhere")) == [], "test-fault-ingest-no-bucket-nothing-made", os.listdir(world.path("elsewhere")))

# a batch: the bad one is named, the others go in, exit 1 (and the one code when all fail for one reason)
world = World().with_bucket()
for name, data in (("a.png", png((1, 1, 1))), ("bad.png", b"not a picture at all"), ("c.png", png((3, 3, 3)))):
    world.put(name, data)
done = world.tool("image", "ingest", "--json", "--user", "u", *(world.path(name) for name in ("a.png", "bad.png", "c.png")))
lines = [json.loads(line) for line in done.out.splitlines()]
summary = [line for line in lines if line["type"] == "summary"]
tap.check(summary and summary[-1]["done"] == 2 and summary[-1]["failed"] == 1, "test-fault-ingest-batch-counts", done.out + done.err)
tap.check("bad.png" in done.err and done.code == 1, "test-fault-ingest-batch-names", (done.code, done.err))

# bytes that are gone or cut in the store: named, with the next step, never "already stored"; the rest of the batch goes in
CUT = {"cut": lambda path: os.truncate(path, 7), "longer": lambda path: os.truncate(path, 1 << 20), "emptied": lambda path: os.truncate(path, 0),
       "gone": os.unlink}


def bytes_of(world, key):
    """The file with the bytes of an object: the only one with its name."""
    folder, name = os.path.split(world.path("store/bucket/.larder/data", key))
    found = [other for other in os.listdir(folder) if other.startswith(name + "%@")]
    assert len(found) == 1, found
    return os.path.join(folder, found[0])


for fault, do in CUT.items():
    for key in (KEY, THUMBNAIL):
        name = "%s-%s" % (fault, "image" if key == KEY else "thumbnail")
        world = World().with_bucket()
        world.put("j.png", png((9, 9, 9)))
        world.put("other.png", png((8, 8, 8)))
        say = ("image", "ingest", "--user", "u", "--at", "2026-11-01")
        done = world.tool(*say, world.path("j.png"))
        assert done.code == 0, done.err
        os.chmod(bytes_of(world, key), 0o644)
        do(bytes_of(world, key))
        done = world.tool("stat", "images:" + key)
        tap.check(done.code == 6 and key in done.err and "next: " in done.err, "test-fault-ingest-damaged-stat-" + name, (done.code, done.out, done.err))
        done = world.tool(*say, world.path("j.png"))
        tap.check(done.code == 6 and key in done.err and "next: " in done.err and "already" not in done.out, "test-fault-ingest-damaged-again-" + name,
                  (done.code, done.out, done.err))
        done = world.tool(*say, "--json", world.path("j.png"), world.path("other.png"))
        tap.check(done.code == 1 and json.loads(done.out.splitlines()[-1])["done"] == 1, "test-fault-ingest-damaged-batch-" + name, (done.code, done.out, done.err))
        # the step it names: remove the object, and the picture goes in again
        removed = world.tool("rm", "images:" + key)
        done = world.tool(*say, world.path("j.png"))
        tap.check(removed.code == done.code == 0 and world.image("j", "png") == png((9, 9, 9)) and world.thumbnail("j"), "test-fault-ingest-damaged-healed-" + name,
                  (removed.code, removed.err, done.code, done.err))
tap.done()
