"""A pipeline on the mock behind the gated driver, in a folder of its own, and processes that are led step by step."""
import os
import socket
import subprocess
import tempfile

TOP = os.environ["TOP_BUILDDIR"]
RUN = os.path.join(TOP, "tests/fault/ingest-run")
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
thumbnail-key = {user}/{year}/{month}/thumbnails/{job}.webp
thumbnail-fit = 16x16
thumbnail-encode = webp quality=85
strip = no
"""

PROFILE = """[backend "objects"]
driver = %s
root = %s
create = yes
fsync = no
"""


class World:
    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="larder-fault-")
        self.root = self.holder.name
        os.mkdir(self.path("profiles"))
        with open(self.path("larder.ini"), "w") as file:
            file.write(PIPELINE)
        for name, driver in (("gated", "gated"), ("plain", "localfs-mock")):
            with open(self.path("profiles", name + ".ini"), "w") as file:
                file.write(PROFILE % (driver, self.path("store")))
        self.put("another", png((1, 2, 3)))
        first = self.run("ingest", self.path("another"), "u", "another")   # and with it the bucket
        assert first.returncode == 0, first.stderr

    def put(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def command(self, profile, words):
        return [RUN, self.path("larder.ini"), profile, *words]

    def environment(self, later=0):
        environment = {name: value for name, value in os.environ.items() if name not in ("LARDER_CONFIG", "LARDER_PROFILE", "LARDER_ROOT", "LARDER_GATE")}
        environment["LARDER_MODULE_DIR"] = os.path.join(TOP, ".libs")
        if later:
            environment["LARDER_CLOCK_OFFSET"] = "%ds" % later
        return environment

    def run(self, *words, later=0):
        """To the end, nobody in its way; `later` moves the store's clock by so many seconds."""
        return subprocess.run(self.command("plain", words), env=self.environment(later), capture_output=True, text=True, timeout=60)

    def stat(self, store, key):
        """(digest, image, thumbnail, type, user), or None when nothing is there."""
        done = self.run("stat", store, key)
        if done.returncode == 3:
            return None
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def start(self, *words, later=0):
        return Process(self, words, later)

    def leftovers(self):
        """Temporary files that no reader sees are fine; count the objects that one does."""
        return [key for key in (KEY, THUMBNAIL) if self.stat("images", key)]


class Process:
    """One process behind the gate: `at` is the operation it waits to do, None when it has ended."""

    def __init__(self, world, words, later=0):
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(60)
        environment = world.environment(later)
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


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, good, name, why=""):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, name), flush=True)
        if not good and why:
            print("# " + str(why).replace("\n", "\n# "), flush=True)

    def done(self):
        print("1..%d" % self.count)
        raise SystemExit(1 if self.failed else 0)


def png(colour, width=20, height=20):
    """A small flat picture; no library needed."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(colour) * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
