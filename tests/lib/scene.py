"""scene.py: the tool in front of a real server: the pipeline that we ship, in a folder of the test's, led through the proxy."""
import json
import os
import subprocess
import tempfile
import threading
import time

import proxy
import servers
import tap
from world import png

TOOL = os.path.join(os.environ["TOP_BUILDDIR"], "larder")
MODULES = os.path.join(os.environ["TOP_BUILDDIR"], ".libs")
RED, BLUE = png((200, 0, 0)), png((0, 0, 200))
WHEN = "2026-11-05T10:00:00Z"


class Done:
    """An ended command: code, its lines of JSON, its words."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        self.picture = next((line for line in self.lines if line["type"] == "picture"), {})
        self.error = next((line for line in self.lines if line["type"] == "error"), {})
        self.action = self.picture.get("action")

    def __repr__(self):
        return "exit %s\n%s%s" % (self.code, self.out, self.err)


class Scene:
    """A server, a proxy in front of it (not of TLS), and the pipeline file with settings of the test's."""

    def __init__(self, server, settings=(), pipeline=(), profile=None):
        self.server, self.profile = server, profile or server.profile
        self.holder = tempfile.TemporaryDirectory(prefix="larder-scene-")
        self.folder = self.holder.name
        self.config = servers.pipeline(os.path.join(self.folder, "pipeline"))
        self.change(self.config, "[pipeline \"image\"]\n", pipeline)
        self.change(self.config, "[store \"thumbnails\"]\n", ["class = STANDARD"])     # what each server makes of a class is not the subject
        self.change(self.config, "[store \"backups\"]\n", ["class = GLACIER_IR"])      # it is read back, and no restore is the subject
        self.change(os.path.join(self.folder, "pipeline/profiles", self.profile + ".ini"), "[backend \"objects\"]\n", settings)
        for name, data in (("red", RED), ("blue", BLUE)):
            self.put(name, data)
        self.between = None if server.ca else proxy.Proxy(server.endpoint)
        self.client = server.client()

    def clean(self):
        """For the next test: the proxy does nothing."""
        if self.between:
            self.between.plan([])

    def change(self, path, section, lines):
        """Each key of these lines instead of the section's own."""
        with open(path) as file:
            text = file.read()
        head, _, rest = text.partition(section)
        body, mark, tail = rest.partition("\n[")
        for line in lines:
            key = line.split(" =")[0]
            body = "\n".join(old for old in body.split("\n") if old.split(" =")[0] != key)
            body = line + "\n" + body
        with open(path, "w") as file:
            file.write(head + section + body + mark + tail)

    def replace(self, section, lines):
        """A section of the profile has these lines and no other."""
        path = self.path("pipeline/profiles", self.profile + ".ini")
        with open(path) as file:
            head, mark, rest = file.read().partition("[%s]\n" % section)
        self.put(path, (head + mark + "\n".join(lines) + "\n\n[" + rest.partition("\n[")[2]).encode())

    def use_bucket(self, name):
        self.change(self.config, "[store \"images\"]\n", ["bucket = " + name])
        self.bucket = name

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def put(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def environment(self, direct=False, **more):
        result = self.server.environment(None if direct or not self.between else self.between.endpoint)
        result = {name: value for name, value in result.items() if name not in ("LARDER_CONFIG", "LARDER_PROFILE")}
        result.update(LARDER_MODULE_DIR=MODULES, LARDER_ROOT=self.path("root"), XDG_STATE_HOME=self.path("state"),
                      LARDER_MANIFESTS="")     # the store for them is not there, and one more object would be in each count
        result.update(more)
        return {name: value for name, value in result.items() if value is not None}

    def start(self, *words, direct=False, more=None, stdin=None):
        return subprocess.Popen([TOOL, "--config", self.config, "--profile", self.profile, *words], stdin=stdin, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace", cwd=self.folder, env=self.environment(direct, **(more or {})))

    def end(self, process):
        out, err = process.communicate(timeout=120 * servers.SLOW)
        return Done(process.returncode, out, err)

    def run(self, *words, **kinds):
        return self.end(self.start(*words, **kinds))

    def held(self, rule, number, words, stop, **kinds):
        """A command that is ended while its `number`th request of that kind, which the server has done, waits for ever."""
        stalled = threading.Event()
        self.between.plan([{**rule, "nth": number, "do": "stall", "after": lambda record: stalled.set()}])
        process = self.start("--json", "--jobs", "1", *words, **kinds)
        assert stalled.wait(30 * servers.SLOW)
        process.send_signal(stop)
        since = time.monotonic()
        done = self.end(process)
        assert time.monotonic() - since < 4 * servers.SLOW
        self.between.plan([])
        self.mark = len(self.between.requests)
        return done

    def seen(self, method, text):
        """Requests since the mark."""
        return [r for r in self.between.requests[self.mark:] if r["method"] == method and text in r["path"]]

    def journals(self):
        folder = self.path("state", "larder", "transfers")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def words(self, picture, job, *more):
        return ("--json", "image", "ingest", self.path(picture), "--user", "u", "--job", job, "--at", WHEN, *more)

    def ingest(self, picture, job, *more, **kinds):
        return self.run(*self.words(picture, job, *more), **kinds)

    # what a reader sees, asked past the proxy

    def head(self, key):
        """Metadata of an object, or None."""
        from botocore.exceptions import ClientError
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key)["Metadata"]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def versions(self, prefix=""):
        """{key: how many versions and markers}."""
        found = {}
        reply = self.client.list_object_versions(Bucket=self.bucket, Prefix=prefix)
        for entry in reply.get("Versions", []) + reply.get("DeleteMarkers", []):
            found[entry["Key"]] = found.get(entry["Key"], 0) + 1
        return found

    def keys(self, prefix=""):
        return [entry["Key"] for entry in self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]

    def uploads(self):
        return self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.between:
            self.between.stop()
        self.holder.cleanup()


def image_key(job):
    return "u/2026/11/%s.png" % job


def thumbnail_key(job):
    return "u/2026/11/thumbnails/%s.webp" % job


class Places(dict):
    """Scenes by name: each is made when it is first asked for, and cleaned each time."""

    def __init__(self, make, usual="minio"):
        super().__init__()
        self.make, self.usual = make, usual

    def __missing__(self, name):
        self[name] = self.make(name)
        return self[name]

    def __call__(self, name=None):
        at = self[name or self.usual]
        at.clean()
        return at


def run_in(scenes, module):
    """The module's tests; then the scenes that they opened are closed, and their servers ended."""
    try:
        tap.run(module)
    finally:
        for each in scenes.values():
            each.__exit__()
            each.server.stop()
