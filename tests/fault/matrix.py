"""matrix.py: each scenario of scenarios/ against put, get and sync of small and large objects on one server, through the fault proxy: it ends
as the scenario says, every byte is right or nothing is there, nothing private and no upload is left, and the requests stay within the
scenario's bound. README.md says which row of the fault matrix each shows. What does not reach the server, and TLS, is run on MinIO alone."""
import glob
import json
import os
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import certificates  # noqa: E402
import faults  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
from folders import files  # noqa: E402
from kill_transfers import LATER  # noqa: E402
from scene import Scene  # noqa: E402

MIB = 1 << 20
SIZES = {"small": 40000, "whole": 3 * MIB + 1, "parts": 24 * MIB + 65541}     # one request; one request, read twice; four parts
BYTES = {name: os.urandom(size) for name, size in SIZES.items()}
TREE = {"%d/%02d" % (number % 3, number): os.urandom(997 * number) for number in range(12)}


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


class Place(Scene):
    """A server, and room for one run at a time."""

    def __init__(self, name):
        super().__init__(servers.start(name))
        self.plain = self.read(self.profile_path())
        self.between.stop()
        self.between = None
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")
        certificates.make_authority(self.folder)
        certificates.make_certificate(self.folder, self.path("certificates"))
        for name, data in BYTES.items():
            write(self.path("in", name), data)
        for name, data in TREE.items():
            write(self.path("tree", name), data)

    def profile_path(self):
        return self.path("pipeline/profiles", self.profile + ".ini")

    def read(self, path):
        with open(path) as file:
            return file.read()

    def settings(self, lines):
        """The backend's own, for one scenario."""
        write(self.profile_path(), self.plain.encode())
        self.change(self.profile_path(), '[backend "objects"]\n', lines)

    def clean(self):
        self.stdin = os.devnull
        for key in self.keys():
            self.client.delete_object(Bucket="bucket", Key=key)
        for upload in self.uploads():
            self.client.abort_multipart_upload(Bucket="bucket", Key=upload["Key"], UploadId=upload["UploadId"])
        for name in ("out", "state"):
            shutil.rmtree(self.path(name), ignore_errors=True)
        os.mkdir(self.path("out"))

    def store(self, name, data):
        self.client.put_object(Bucket="bucket", Key=name, Body=data, ChecksumAlgorithm="CRC64NVME")

    def objects(self):
        return {key: self.client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in self.keys()}

    def through(self, *words, **more):
        """The tool, through the proxy; over TLS it is told of the authority."""
        if self.between.tls:
            more = {**more, "SSL_CERT_FILE": self.path("ca.crt"), "AWS_CA_BUNDLE": self.path("ca.crt")}
        with open(self.stdin, "rb") as file:
            return self.run("--json", *words, more=more, stdin=file)


# ---- what is run: (words, what is there when it has gone well, what is there now)

def put(at, size):
    return ["put", at.path("in", size), "images:t"], {"t": BYTES[size]}, at.objects


def stream(at, size):
    at.stdin = at.path("in", size)
    return ["put", "-", "images:t"], {"t": BYTES[size]}, at.objects


def carry(at, size):
    """From another service, range by range where it is large."""
    done = at.run("put", at.path("in", size), "backups:t")
    assert done.code == 0, done
    return ["cp", "backups:t", "images:t"], {"t": BYTES[size]}, at.objects


def get(at, size):
    at.store("t", BYTES[size])
    return ["get", "images:t", at.path("out/t")], {"t": BYTES[size]}, lambda: files(at.path("out"))


def up(at, size):
    return ["sync", at.path("tree"), "images:"], TREE, at.objects


def down(at, size):
    """--delete with one file too many: it goes when all is well, and stays where the listing lies."""
    for name, data in TREE.items():
        at.store(name, data)
    write(at.path("out/0/extra"), b"mine")
    return ["sync", "--delete", "images:", at.path("out")], TREE, lambda: files(at.path("out"))


RUNS = {"put": put, "stream": stream, "carry": carry, "get": get, "up": up, "down": down}


def judge(at, run, done, want, got, least):
    """What is wrong, or None."""
    records = at.between.requests()
    acted = sum(record["action"] != "pass" for record in records)
    if done.code != run.get("exit", 0) or (run.get("error") and done.error.get("code") != run["error"]):
        return "it ended with %s" % done
    if acted < run.get("acted", 1):
        return "the fault was met %d times: %s" % (acted, [(r["method"], r["path"], r["action"]) for r in records])
    # an object whose answer was lost is looked for before it is sent again: by HEAD, and by GET where the answer to that tells no reason
    looks = (1 if at.server.row == "minio" else 2) * sum(record["action"] != "pass" and record["method"] == "PUT" and "?" not in record["path"] for record in records)
    if len(records) > run.get("requests", least + acted + looks):
        return "%d requests, %d without a fault, %d faults: %s" % (len(records), least, acted, [(r["method"], r["path"], r["status"]) for r in records])
    wrong = {name for name, data in got.items() if want.get(name) != data and (done.code == 0 or name != "0/extra")}
    if wrong or (done.code == 0 and got.keys() != want.keys()):
        return "bytes of %s; there are %s" % (wrong, sorted(got))
    if run.get("keeps") and "0/extra" not in got:
        return "removed what the source only seemed not to have"
    if run.get("absent") and (got.keys() & want.keys()):
        return "there is %s" % sorted(got)
    if run.get("again") is not None and done.lines[-1].get("again") != run["again"]:
        return "counted again: %s\n%s" % (done, [(r["method"], r["path"][-14:], r["action"], r["status"], r["server"], r["body_bytes"], r["connection"]) for r in records])
    return None


def left(at, done):
    """What nobody needs any more. A broken line leaves what the next run goes on with, and its journal knows of it; so it does of an upload whose id
    never came, and finds it when it is old enough."""
    if done.code == 8 and at.journals():
        return []
    if any("-" in name for name in at.journals()):
        later = at.through("transfer", "gc", "--older-than", "0s", **LATER)
        assert later.code == 0, later
    journals = at.journals()
    private = [name for name in files(at.path("out")) if os.path.basename(name).startswith(".tmp")]
    return private + journals + [upload["Key"] for upload in at.uploads()]


def without(at, run, cache={}):
    """Requests of this run without a fault."""
    key = run["do"], run.get("size", "small")
    if key not in cache:
        one(at, os.path.join(HERE, "scenarios/none.json"), {**run, "exit": 0, "error": None, "acted": 0, "requests": 1000, "again": 0, "keeps": False, "absent": False, "slow": 0},
            cache, key)
    return cache[key]


def one(at, path, run, into=None, key=None):
    least = without(at, run) if into is None else 0
    at.clean()
    words, want, look = RUNS[run["do"]](at, run.get("size", "small"))
    at.between = faults.Between(at.server.endpoint, path, at.path("certificates") if run.get("tls") else None)
    try:
        begun = time.monotonic()
        done = at.through(*words)
        spent = time.monotonic() - begun
        time_most = run.get("seconds", 20) * servers.SLOW
        assert run.get("slow", 0) <= spent < time_most, "%s took %.1f s" % (run, spent)
        wrong = judge(at, run, done, want, {name: data for name, data in look().items() if not os.path.basename(name).startswith(".tmp")}, least)
        assert not wrong, "%s: %s" % (run, wrong)
        assert not left(at, done), "%s left %s" % (run, left(at, done))
        if into is not None:
            into[key] = len(at.between.requests())
        elif len(sys.argv) > 1:
            print("# %-20s %s: %.1f s, %d requests, %d without a fault, %d faults" % (os.path.basename(path)[:-5], run, spent, len(at.between.requests()), least,
                                                                                  sum(r["action"] != "pass" for r in at.between.requests())), flush=True)
    finally:
        at.between.stop()
        at.between = None


def case(place, path, scenario):
    def test():
        place.settings(scenario.get("settings", []))
        for run in scenario["runs"]:
            if place.server.row == "minio" or not run.get("tls"):
                one(place, path, run)
    return test


def readme_has_each():
    with open(os.path.join(HERE, "README.md")) as file:
        text = file.read()
    missing = [name for name in os.listdir(os.path.join(HERE, "scenarios")) if "`%s`" % name[:-5] not in text]
    assert not missing, missing


def main(name, prefix="test_fault_matrix_"):
    """The tests of one server. By hand: the names of some, and their figures are told."""
    place = Place(name)
    for path in sorted(glob.glob(os.path.join(HERE, "scenarios/*.json"))):
        with open(path) as file:
            scenario = json.load(file)
        if name in scenario.get("servers", [name]):
            globals()[prefix + os.path.basename(path)[:-5].replace("-", "_")] = case(place, path, scenario)
    try:
        tap.run(sys.modules[__name__])
    finally:
        place.__exit__()
        place.server.stop()
