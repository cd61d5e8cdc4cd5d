#!/usr/bin/env python3
"""test-live-settings: no command but infra apply writes a setting of a bucket. Two measured dangers live on such requests alone: (13) MinIO answers 200 to
versioning or lifecycle of a bucket that does not exist, (16) it loses settings that are written at the same time. Every command that the tool
has runs on each server, and of each request is seen that it is no such one; nor can the driver's builders make one."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402
from session import OF_SETTINGS  # noqa: E402

SOURCE = os.environ["TOP_SRCDIR"]
# A run a line, every command among them; the names in braces are paths. What goes to a store, up to the empty line, ends well.
RUNS = """
put -r {tree} images:t/
put {red} images:one
put - uploads:bucket/appears
ls -r images:
stat images:one
cat images:one
get images:one {out}
cp images:one images:two
mv images:two images:three
rm images:three
rm --all-versions images:three
undelete images:t/gone
versions -r images:
sync {tree} images:s/
sync --delete images:s/ {back}
sync --plan {plan} --delete {tree} images:t/
apply {plan}
verify {tree} images:s/
du images:
transfer ls
transfer resume
transfer gc
image ingest {red} --user u --job j
image probe {red}
model pull
model load base --base sdxl
model ls
model pin base --base sdxl
model unpin base --base sdxl
model verify
doctor --probe images

model evict base --base sdxl
dev clock
dev status
dev up -n
dev down -n
replication status images
replication check images
replication repair -n images
cdn url images:one
cdn sign --expires 1h images:one
cdn invalidate images:one
archive put {tree} images:t/
archive restore images:one
archive status
backup drill --sample 2 images
backup ls
backup start models
backup restore -n models point
backup status
database restore postgresql --latest --to new
database snapshots
database copy -n postgresql point --to new
cdn check images:one
infra plan
infra show
infra destroy -n
infra policy operator --json
export kubernetes
export terraform {out}
config show
config check
config explain store.images.bucket
module list
module info s3
module check {module}
module new driver mine
store list
doctor
completion bash
version
help
"""


class Place(Scene):
    """Its lock is a file; a bucket with versions, one with a model, and of one a store only speaks."""

    def __init__(self, name):
        super().__init__(servers.start(name), ["create = yes"])
        self.replace('lock "models"', ["driver = file", "root = " + self.path("locks")])
        for bucket in ("bucket", "models"):
            self.server.make_bucket(bucket, versioning=True)
        self.use_bucket("bucket")
        self.change(self.config, '[store "models"]\n', ["bucket = models"])
        self.client.put_object(Bucket="models", Key="sdxl/base.safetensors", Body=b"model" * 100)
        self.client.put_object(Bucket="bucket", Key="t/gone", Body=b"x")
        self.client.delete_object(Bucket="bucket", Key="t/gone")
        os.mkdir(self.path("tree"))
        self.put("tree/a", b"a")

    def words(self, line):
        names = {name: self.path(name) for name in ("tree", "red", "out", "back", "plan")}
        return [word.format(module=os.path.join(os.environ["LARDER_MODULE_DIR"], "driver-s3.so"), **names) for word in line.split()]


place = Places(Place)


def is_setting(request):
    """It writes to a bucket, and is neither the bucket's creation nor a list of keys to remove."""
    path, _, query = request["path"].partition("?")
    if request["method"] in ("GET", "HEAD") or len(path.strip("/").split("/")) != 1 or path == "/":
        return False
    return (request["method"], query.rstrip("=")) not in (("PUT", ""), ("POST", "delete"))


def check(name):
    at = place(name)
    lines = RUNS.strip().split("\n")
    listed = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", at.run("help").out.split("Commands:\n")[1].split("\nOptions")[0], re.M)
    listed.remove("infra apply")                # which is for that
    assert all(any(line.split()[:len(command.split())] == command.split() for line in lines) for command in listed), listed
    for number, line in enumerate(lines):
        with open(os.devnull) as nothing:
            done = at.run(*at.words(line), stdin=nothing)
        assert done.code == 0 or number > lines.index(""), (line, done)
    requests = [(r["method"], r["path"]) for r in at.between.requests]
    found = [(r["method"], r["path"]) for r in at.between.requests if is_setting(r)]
    assert not found, found
    assert {"GET", "HEAD", "PUT", "POST", "DELETE"} <= {method for method, _ in requests}, requests


def test_live_settings_13_16_no_command_writes_one_minio():
    check("minio")


def test_live_settings_13_16_no_command_writes_one_versitygw():
    check("versitygw")


def test_live_settings_13_16_no_command_writes_one_moto():
    check("moto")


def test_live_settings_13_16_no_builder_but_those_for_it_makes_one():
    """Of all requests that the builders make, for every row: what writes a setting, or ends a bucket, is of the builders for that, and the resources alone
    call those."""
    with open(os.path.join(SOURCE, "tests/wire/s3/requests.json")) as file:
        requests = [request for request in map(json.loads, file) if "method" in request]
    writing = set()
    for request in requests:
        query = "&".join(name for name, _ in request["query"])
        if is_setting({"method": request["method"], "path": "/b%s?%s" % (request["path"].rstrip("/"), query)}):
            writing.add(request["operation"])
    assert len(writing) > 10 and all(OF_SETTINGS.match(operation) for operation in writing), writing
    calling = set()
    for name in os.listdir(os.path.join(SOURCE, "drivers/s3")):
        with open(os.path.join(SOURCE, "drivers/s3", name)) as file:
            if re.search(r"[^\n]s3_request_(setting_put|setting_remove|bucket_remove) \(", file.read()):
                calling.add(name)
    assert calling - {"wire.h"} == {"resource.c"}, calling


def test_live_settings_13_minio_still_takes_them():
    """The danger is real: a bucket that is not there, and the answer is 200."""
    at = place("minio")
    at.client.put_bucket_versioning(Bucket="nowhere", VersioningConfiguration={"Status": "Enabled"})
    assert "nowhere" not in [bucket["Name"] for bucket in at.client.list_buckets()["Buckets"]]


run_in(place, sys.modules[__name__])
