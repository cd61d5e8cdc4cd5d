"""The built tool, with the mock profile and a folder of its own; TAP."""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from tap import run  # noqa: E402,F401

SRC = os.environ["TOP_SRCDIR"]
BUILD = os.environ["TOP_BUILDDIR"]
SLOW = float(os.environ.get("LARDER_SLOW", "1"))
LARDER = os.path.join(BUILD, ".libs", "larder")
if not os.path.exists(LARDER):
    LARDER = os.path.join(BUILD, "larder")
HOME = tempfile.mkdtemp(prefix="larder-cli-")
atexit.register(shutil.rmtree, HOME, True)
os.chdir(HOME)
os.umask(0o022)

ENV = {k: v for k, v in os.environ.items() if not k.startswith(("LARDER_", "NO_COLOR", "XDG_"))}
ENV.update(LARDER_CONFIG=os.path.join(SRC, "etc/larder.ini"), LARDER_PROFILE="mock", LARDER_FSYNC="no",
           LARDER_ROOT=os.path.join(HOME, "demo"), LARDER_MODULE_DIR=os.path.join(BUILD, ".libs"),
           LD_LIBRARY_PATH=os.path.join(BUILD, ".libs"), HOME=HOME, LC_ALL="C.UTF-8")

COMMANDS = ["ls", "stat", "cat", "put", "get", "cp", "mv", "rm", "sync", "apply", "verify", "du", "versions", "undelete", "transfer ls", "transfer resume", "transfer gc", "image ingest", "image probe", "model load", "model pull", "model ls", "model pin", "model unpin", "model evict", "model verify", "archive put", "archive restore", "archive status", "cdn url", "cdn sign", "cdn invalidate", "cdn check", "replication status", "replication check", "replication repair", "backup ls", "backup start", "backup restore", "backup status", "backup drill", "database restore", "database snapshots", "database copy", "infra plan", "infra apply", "infra show", "infra destroy", "infra policy", "export kubernetes", "export terraform", "config show",
            "config check", "config explain", "module list", "module info", "module check", "module new", "store list", "dev up", "dev down", "dev status", "dev clock", "doctor",
            "completion", "version", "help"]

# Mounts of its own for a command; in a root that is no mount (chroot) the kind of / cannot be changed.
SPACE = ["unshare", "-m", "--propagation", "unchanged"] if os.geteuid() == 0 else ["unshare", "-rm"]


class Ran:
    def __init__(self, done):
        self.code, self.raw = done.returncode, done.stdout
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def lines(self):
        """The lines of --json: each parses, the first is the version, the last the summary, which adds up."""
        found = [json.loads(line) for line in self.out.splitlines()]
        assert found[0]["type"] == "version" and found[0]["schema"] == "1.0", found[:1]
        last = found[-1]
        assert last["type"] == "summary" and last["exit"] == self.code, (last, self.code)
        assert last["scanned"] == last["done"] + last["skipped"] + last["refused"] + last["failed"], last
        for copied, removed in (("copied", "removed"), ("would_copy", "would_remove")):
            assert copied not in last or removed not in last or last["done"] == last[copied] + last[removed], last
        return found

    def summary(self):
        return self.lines()[-1]


def write(path, data=b"x"):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def pipeline(text, profile):
    """A pipeline file and a profile of the test's own; the environment that names them."""
    write("own.ini", text.encode())
    write("profiles/own.ini", profile.encode())
    return {"LARDER_CONFIG": os.path.join(HOME, "own.ini"), "LARDER_PROFILE": "own"}


PIPELINE = read(os.path.join(SRC, "etc/larder.ini")).decode()


def configured(text, *changes):
    """The pipeline, changed, with the profiles beside it."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    write("etc/larder.ini", text.encode())
    shutil.copytree(os.path.join(SRC, "etc/profiles"), "etc/profiles", dirs_exist_ok=True)
    return {"LARDER_CONFIG": os.path.join(HOME, "etc/larder.ini")}


def larder(*args, stdin=b"", env=None, cwd=None):
    return Ran(subprocess.run([LARDER, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**ENV, **(env or {})}, cwd=cwd, timeout=120 * SLOW))


def tree(top):
    found = {}
    for folder, _, names in os.walk(os.fsencode(top)):
        for name in names:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, os.fsencode(top))] = None if os.path.islink(path) else read(path)
    return found


def keys(address, env=None):
    return [line["key"] for line in larder("ls", "-r", "--json", address, env=env).lines() if line["type"] == "object"]
