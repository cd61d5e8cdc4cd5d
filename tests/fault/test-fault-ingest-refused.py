#!/usr/bin/env python3
"""test-fault-ingest-refused: no room, no bucket, a store that cannot be written: the right exit code, the next step, and
nothing half written. One bad picture of a batch costs that picture. (D2)"""
import json
import os
import random
import resource
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/fault"))
from world import KEY, THUMBNAIL, TOP, Tap, World, png  # noqa: E402

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
world = World()
world.put("large", noise(300, 300))
done = subprocess.run(world.command("plain", ("ingest", world.path("large"), "u", "j")), env=world.environment(), capture_output=True, text=True,
                      preexec_fn=small_files, timeout=60)
tap.check(done.returncode == 7 and "ulimit" in done.stderr, "test-fault-ingest-full-code", (done.returncode, done.stderr))
tap.check(not world.leftovers(), "test-fault-ingest-full-nothing-left", world.leftovers())
done = world.run("ingest", world.path("large"), "u", "j")
tap.check(done.returncode == 0 and done.stdout.startswith("new "), "test-fault-ingest-full-again", done.stderr)

# an overwrite that does not fit leaves the old picture with a thumbnail
world = World()
world.put("large", noise(300, 300))
world.put("small", png((9, 9, 9)))
world.run("ingest", world.path("small"), "u", "j")
done = subprocess.run(world.command("plain", ("ingest", world.path("large"), "u", "j", "overwrite")), env=world.environment(), capture_output=True, text=True,
                      preexec_fn=small_files, timeout=60)
tap.check(done.returncode == 7 and world.stat("images", KEY) and world.stat("thumbnails", THUMBNAIL), "test-fault-ingest-full-overwrite", done.stderr)

# no bucket, and none is made
world = World()
profile = world.path("profiles", "plain.ini")
with open(profile) as file:
    text = file.read()
with open(profile, "w") as file:
    file.write(text.replace("create = yes", "create = no").replace("/store", "/elsewhere"))
os.mkdir(world.path("elsewhere"))
world.put("small", png((9, 9, 9)))
done = world.run("ingest", world.path("small"), "u", "j")
tap.check(done.returncode == 3 and "bucket" in done.stderr and "create = yes" in done.stderr, "test-fault-ingest-no-bucket", (done.returncode, done.stderr))
tap.check(os.listdir(world.path("elsewhere")) == [], "test-fault-ingest-no-bucket-nothing-made", os.listdir(world.path("elsewhere")))

# a batch: the bad one is named, the others go in, exit 1 (and the one code when all fail for one reason)
world = World()
for name, data in (("a.png", png((1, 1, 1))), ("bad.png", b"not a picture at all"), ("c.png", png((3, 3, 3)))):
    world.put(name, data)
done = subprocess.run([os.path.join(TOP, "larder"), "--config", world.path("larder.ini"), "--profile", "plain", "image", "ingest", "--json", "--user", "u",
                       *(world.path(name) for name in ("a.png", "bad.png", "c.png"))], env=world.environment(), capture_output=True, text=True, timeout=60)
lines = [json.loads(line) for line in done.stdout.splitlines()]
summary = [line for line in lines if line["type"] == "summary"]
tap.check(summary and summary[-1]["done"] == 2 and summary[-1]["failed"] == 1, "test-fault-ingest-batch-counts", done.stdout + done.stderr)
tap.check("bad.png" in done.stderr and done.returncode == 1, "test-fault-ingest-batch-names", (done.returncode, done.stderr))
tap.done()
