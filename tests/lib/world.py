"""The image pipeline on the mock, in a folder of its own: processes run to their end, or led step by step behind the gated
driver. Standard library alone."""
import hashlib
import os
import re
import socket
import struct
import subprocess
import tempfile
import time
import zlib

TOP = os.environ["TOP_BUILDDIR"]
RUN = os.path.join(TOP, "tests/fault/ingest-run")
SLOW = float(os.environ.get("LARDER_SLOW", "1"))
SANITIZED = "ASAN_OPTIONS" in os.environ
KEY, THUMBNAIL = "u/2026/11/j.png", "u/2026/11/thumbnails/j.webp"
KEY_WEBP = "u/2026/11/j.webp"

PIPELINE = """[store "images"]
purpose = images
backend = objects
bucket = bucket

[store "thumbnails"]
purpose = thumbnails
in = images

[pipeline "image"]
store = images
key = {user}/{year}/{month}/{job}.{ext}
encode = png
metadata = user_id={user}, job_id={job}, uploaded_at={now}
thumbnail-store = thumbnails
thumbnail-key = {user}/{year}/{month}/thumbnails/{job}.%s
thumbnail-fit = %s
thumbnail-encode = %s
strip = %s
"""

PROFILE = """[backend "objects"]
driver = %s
root = %s
create = yes
fsync = %s
"""


class Outcome:
    """An ended process: code, what it said as bytes and as text, seconds, peak memory of an ingest in MiB."""

    def __init__(self, code, raw, err, seconds):
        self.code, self.raw, self.seconds = code, raw, seconds
        self.out, self.err = raw.decode(errors="replace"), err.decode(errors="replace")
        peak = re.search(r"^peak\s+(\d+) kB$", self.out, re.M)
        self.mib = int(peak.group(1)) / 1024 if peak else 0


class World:
    def __init__(self, fit="16x16", thumbnail="webp quality=85", strip="no", fsync="no", more=""):
        """`more`: lines of the pipeline, or sections behind it."""
        self.extension = thumbnail.split()[0]
        self.holder = tempfile.TemporaryDirectory(prefix="larder-world-")
        self.root = self.holder.name
        os.mkdir(self.path("profiles"))
        self.put("larder.ini", (PIPELINE % (self.extension, fit, thumbnail, strip) + more).encode())
        for name, driver in (("gated", "gated"), ("plain", "localfs-mock")):
            self.put("profiles/%s.ini" % name, (PROFILE % (driver, self.path("store"), fsync)).encode())

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def put(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def with_bucket(self):
        """The bucket is there already, with a picture that no test asks for."""
        first = self.ingest(self.put("another", png((1, 2, 3))), "another")
        assert first.code == 0, first.err
        return self

    def command(self, profile, words):
        return [RUN, self.path("larder.ini"), profile, *words]

    def environment(self, later=0):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LARDER_")}
        environment["LARDER_MODULE_DIR"] = os.path.join(TOP, ".libs")
        if later:
            environment["LARDER_CLOCK_OFFSET"] = "%ds" % later
        return environment

    def run(self, *words, **kinds):
        return self.execute(self.command("plain", words), **kinds)

    def tool(self, *words, **kinds):
        return self.execute([os.path.join(TOP, "larder"), "--config", self.path("larder.ini"), "--profile", "plain", *words], **kinds)

    def execute(self, command, later=0, timeout=120, more=None, **kinds):
        """To the end, nobody in its way; `later` moves the store's clock by so many seconds. What it says goes to files, so
        that nobody has to read along."""
        began = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(command, stdout=out, stderr=err, env={**self.environment(later), **(more or {})}, **kinds)
            child.wait(timeout * SLOW)
            seconds = time.monotonic() - began
            out.seek(0)
            err.seek(0)
            return Outcome(child.returncode, out.read(), err.read(), seconds)

    def ingest(self, path, job, *more, **kinds):
        return self.run("ingest", path, "u", job, *more, **kinds)

    def start(self, *words, later=0, more=None):
        return Process(self, words, later, more)

    def stat(self, store, key):
        """(digest, image, thumbnail, type, user), or None when nothing is there."""
        done = self.run("stat", store, key)
        if done.code == 3:
            return None
        assert done.code == 0, done.err
        return done.out.split()

    def bytes(self, store, key):
        """Of an object, or None."""
        done = self.run("cat", store, key)
        return done.raw if done.code == 0 else None

    def thumbnail(self, job):
        return self.bytes("thumbnails", "u/2026/11/thumbnails/%s.%s" % (job, self.extension))

    def image(self, job, ext):
        return self.bytes("images", "u/2026/11/%s.%s" % (job, ext))

    def leftovers(self):
        """Temporary files that no reader sees are fine; count the objects that one does."""
        return [key for key in (KEY, THUMBNAIL) if self.stat("images", key)]


class Process:
    """One process behind the gate: `at` is the operation it waits to do, None when it has ended."""

    def __init__(self, world, words, later=0, more=None):
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(60)
        environment = {**world.environment(later), **(more or {})}
        environment["LARDER_GATE"] = str(theirs.fileno())
        self.words = words
        self.steps = []
        self.child = subprocess.Popen(world.command("gated", words), env=environment, pass_fds=[theirs.fileno()], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        theirs.close()
        self.at = None
        self.look()

    def look(self):
        line = b""
        while not line.endswith(b"\n"):
            try:
                got = self.ours.recv(1)
            except ConnectionResetError:
                got = b""
            if not got:
                break
            line += got
        self.at = line.decode().strip() or None
        if self.at:
            self.steps.append(self.at)
        else:
            self.stdout, self.stderr = self.child.communicate(timeout=60)
            self.code = self.child.returncode
            self.ours.close()

    def step(self, answer="g"):
        self.ours.send(answer.encode())
        self.look()

    def finish(self):
        while self.at:
            self.step()
        return self.code


def png(colour, width=20, height=20):
    """A small flat picture; no library needed."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(colour) * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, good, name, why=""):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, name), flush=True)
        if not good and why:
            print("# " + str(why).replace("\n", "\n# "), flush=True)

    def done(self):
        print("1..%d" % self.count)
        raise SystemExit(1 if self.failed else 0)


RED, BLUE = png((200, 0, 0)), png((0, 0, 200))
DIGEST = {"red": hashlib.sha256(RED).hexdigest(), "blue": hashlib.sha256(BLUE).hexdigest()}


def new_world():
    """With a bucket, and two pictures to take in."""
    world = World().with_bucket()
    for name, data in (("red", RED), ("blue", BLUE)):
        world.put(name, data)
    return world
