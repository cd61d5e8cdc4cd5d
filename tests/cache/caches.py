"""caches.py: a model cache of the tool's on the mock, in a folder of its own, with settings of the test's."""
import fcntl
import glob
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/cli"))
from tool import BUILD, ENV, HOME, LARDER, SLOW, SPACE, Ran, larder, read, run, write  # noqa: E402,F401
from stopped import bad  # noqa: E402,F401

MIB = 1 << 20
FLOCK = "hhqqi4x"                 # struct flock
PIPELINE = """[store "models"]
backend = objects
bucket = models

[cache "models"]
source = models
lock = models
%s
"""
PROFILE = """[backend "objects"]
driver = localfs-mock
root = %s
create = yes
fsync = no

[lock "models"]
%s

[cache "models"]
root = %s
"""


class Cache:
    def __init__(self, *settings, profile="", lock="driver = file\nroot = %s"):
        self.top = tempfile.mkdtemp(prefix="cache-", dir=HOME)
        self.root = os.path.join(self.top, "models")
        self.config = os.path.join(self.top, "larder.ini")
        self.settings(*settings)
        write(os.path.join(self.top, "profiles/test.ini"), (PROFILE % (self.path("store"), lock % self.path("locks"), self.root) + profile.replace("ROOT", self.root)).encode())
        self.env = {"LARDER_CONFIG": self.config, "LARDER_PROFILE": "test"}

    def settings(self, *settings):
        write(self.config, (PIPELINE % "\n".join(settings)).encode())

    def elsewhere(self, root, *settings):
        """The environment of another machine, which has the cache at `root`."""
        name, text = os.path.basename(root), read(os.path.join(self.top, "profiles/test.ini")).decode()
        write(os.path.join(self.top, "profiles", name + ".ini"), text.replace("root = %s\n" % self.root, "root = %s\n" % root + "".join(line + "\n" for line in settings)).encode())
        return {"LARDER_PROFILE": name}

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def put(self, key, data):
        source = self.path("source")
        write(source, data)
        assert self.run("put", "-q", source, "models:" + key).code == 0

    def run(self, *words, **more):
        return larder(*words, env={**self.env, **more.pop("env", {})}, **more)

    def start(self, *words, before=None, env=None):
        return subprocess.Popen([LARDER, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**ENV, **self.env, **(env or {})},
                                preexec_fn=before)

    def load(self, name, base="sdxl", *words, code=0, **more):
        """(the line of the model, what was run)"""
        got = self.run("model", "load", name, *(["--base", base] if base else []), "--json", *words, **more)
        assert got.code == code, (got.code, got.out, got.err)
        return next((line for line in got.lines() if line["type"] == "model"), None), got

    def listed(self, *words, states=("current", "old")):
        return [line for line in self.run("model", "ls", "--json", *words).lines() if line["type"] == "model" and line["state"] in states]

    def lease(self):
        """All that the lock's file says, b"" before there is one."""
        found = [read(os.path.join(folder, name)) for folder, _, names in os.walk(self.path("locks")) for name in names]
        return b"".join(found)

    def is_in_use(self):
        """Is somebody in the midst of an update of the lock's file?"""
        for folder, _, names in os.walk(self.path("locks")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    asked = fcntl.fcntl(file, fcntl.F_OFD_GETLK, struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
                if struct.unpack(FLOCK, asked)[0] != fcntl.F_UNLCK:
                    return True
        return False

    def stop(self, process):
        """Stopped as its bytes come, and not within an update of the lock: there it would be in everybody's way, which is told after 3 s."""
        while True:
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if not self.is_in_use():
                return
            process.send_signal(signal.SIGCONT)

    def pieces(self):
        """How many pieces of a load are down, by the engine's journals."""
        return sum(len(read(path).splitlines()) - 1 for path in glob.glob(self.root + "/.larder/gen/*/fill/state/transfers/*.journal"))

    @staticmethod
    def until(true, seconds=30):
        end = time.monotonic() + seconds * SLOW
        while not true():
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.02)

    def private(self):
        """Files that are no generation's, no record and no link, and folders for such: what a load that ended must not leave."""
        found = []
        for folder, folders, names in os.walk(self.root):
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in folders if name == "fill"]
            for name in names:
                if name.startswith(".tmp") or "/fill" in folder or "/state" in folder:
                    found.append(os.path.relpath(os.path.join(folder, name), self.root))
        return found + self.unnamed()

    def unnamed(self):
        """Folders of publications that no record names, and records of folders that are not there."""
        found, homes = [], os.path.join(self.root, ".larder/gen")
        for home in os.listdir(homes) if os.path.isdir(homes) else ():
            names = os.listdir(os.path.join(homes, home))
            records = [json.loads(read(os.path.join(homes, home, name))) for name in names if name.isdigit()]
            named = {record["data"] for record in records if record.get("data")}
            found += [os.path.join(home, name) for name in {name for name in names if name.split("-")[0].isdigit() and "-" in name} ^ named]
        return found


def model_line(text):
    return next(json.loads(line) for line in text.splitlines() if '"type":"model"' in line)
