"""A root of the driver localfs-mock, asked by a script (s3-do) and by the tool, whose clock is moved by `larder dev clock`."""
import json
import os
import subprocess
import tempfile

from tool import BUILD, HOME, larder

MINUTE, HOUR, DAY = 60, 3600, 86400
CODES = {0: 0, -1: "INVALID", -2: "UNSUPPORTED", -4: "NOTFOUND", -5: "DENIED", -6: "CONFLICT", -10: "NOTREADY"}
NONE, RUNNING, DONE = 0, 1, 2
BUCKET = "pingvas-studio-images"


class Place:
    """A root of its own; the tool, and the driver alone, which lives as long."""

    def __init__(self, root=None, **environment):
        self.root = root or tempfile.mkdtemp(dir=HOME)
        self.env = {"LARDER_ROOT": self.root}
        environment = dict(os.environ, LARDER_TEST_BUCKET=BUCKET, **environment)
        self.program = subprocess.Popen([os.path.join(BUILD, "tests/live/s3-do"), os.path.join(BUILD, ".libs/driver-localfs-mock.so"), "root=" + self.root,
                                         "create=yes", "fsync=no"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stdin.close()
        self.program.wait()
        self.program.stdout.close()

    def ask(self, what, key=None, **words):
        self.program.stdin.write(json.dumps(dict(words, do=what, key=key)).encode() + b"\n")
        self.program.stdin.flush()
        reply = json.loads(self.program.stdout.readline())
        reply["code"] = CODES.get(reply["code"], reply["code"])
        return reply

    def do(self, what, key=None, **words):
        reply = self.ask(what, key, **words)
        assert reply["code"] == 0, reply
        return reply

    def code(self, what, key=None, **words):
        return self.ask(what, key, **words)["code"]

    def larder(self, *args, **words):
        return larder(*args, env=dict(self.env, **words.pop("env", {})), **words)

    def put(self, key, kind, text=b"bytes"):
        assert self.larder("put", "-", "images:" + key, "--class", kind, stdin=text).code == 0

    def state(self, key, **words):
        return self.do("stat", key, **words)["restore"]

    def move(self, by, *name):
        done = self.larder("dev", "clock", *name, by if isinstance(by, str) else "+%ds" % by)
        assert done.code == 0, done.err

    def clock(self, *args):
        done = self.larder("dev", "clock", "--json", *args)
        assert done.code == 0, done.err
        return {line["backend"]: line for line in done.lines() if line["type"] == "clock"}

    def expire(self, key):
        """To a minute before the copy goes, and to a minute after."""
        until = self.do("stat", key)["until"]
        now = int(subprocess.check_output(["date", "-ud", self.clock("images")["objects"]["now"], "+%s"]))
        assert until % DAY == 0 and until > now, (until, now)
        self.move(until - now - MINUTE)
        assert self.state(key) == DONE
        self.move(2 * MINUTE)
