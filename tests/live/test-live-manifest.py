#!/usr/bin/env python3
"""Manifests on real servers: what they tell of objects in one request, in parts and copied there is what the server has; verify --manifest reads no byte of them; and one
whose answer is lost, is refused, or is put by a run that was stopped."""
import hashlib
import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from syncing import place  # noqa: E402
from scene import run_in  # noqa: E402

HERE = {"LARDER_MANIFESTS": "images:runs"}
TREE = {"a": b"one", "b/c d+e%": os.urandom(100000), "large": os.urandom(20 << 20), "e": b""}
PUT = {"method": "PUT", "path": "/runs/images/"}


def begin(name, tree=TREE):
    scene = place(name)
    for path, data in tree.items():
        scene.write("tree-%s/%s" % (name, path), data)
    return scene, scene.path("tree-" + name)


def manifests(scene):
    """{name: the lines between first and last}, each whole."""
    found = {}
    for key in scene.keys("runs/"):
        raw = scene.client.get_object(Bucket="bucket", Key=key)["Body"].read()
        head, *told, end = [json.loads(line) for line in raw.splitlines()]
        assert end["sha256"] == hashlib.sha256(raw[:raw[:-1].rindex(b"\n") + 1]).hexdigest() and end["count"] == len(told), end
        found[key] = told
    return found


def verify(scene, *words, code=0):
    scene.mark = len(scene.between.requests)
    done = scene.run("--json", "verify", "--manifest", *words, more=HERE)
    assert done.code == code, done
    return {line["src"].partition(":")[2]: line["action"] for line in done.lines if line["type"] == "object"}


def what_is_there(name):
    """Up, and from store to store; with what a reader asks the server itself."""
    scene, tree = begin(name)
    for source, target in ((tree, "images:n/"), ("images:n/", "images:m/")):
        assert scene.sync(source, target, more=HERE)[0] == (len(TREE), 0, 0, 0)
    told = [line for lines in manifests(scene).values() for line in lines]
    assert len(manifests(scene)) == 2 and sorted(line["key"] for line in told) == sorted(top + path for top in ("n/", "m/") for path in TREE)
    for line in told:
        head = scene.client.head_object(Bucket="bucket", Key=line["key"], ChecksumMode="ENABLED")
        assert (line["size"], line["etag"]) == (head["ContentLength"], head["ETag"].strip('"')), (line, head)
        assert line.get("version") in (None, head.get("VersionId")), (line, head)
        stored = head.get("Checksum" + line["checksum"]["algorithm"]) if "checksum" in line else None
        assert line.get("checksum", {}).get("value") == stored, (line, head)
    assert set(verify(scene, "images").values()) == {"same"}
    assert not [r["path"] for r in scene.seen("GET", "/bucket/") if "/runs/" not in r["path"]], scene.asked()
    assert set(verify(scene, "--download", "images:n").values()) == {"same"}
    scene.client.put_object(Bucket="bucket", Key="n/a", Body=b"ONE")
    scene.client.delete_object(Bucket="bucket", Key="n/e")
    scene.client.put_object(Bucket="bucket", Key="n/new", Body=b"x")
    assert verify(scene, "images:n", code=6) == {"n/a": "differs", "n/b/c d+e%": "same", "n/e": "missing", "n/large": "same", "n/new": "skipped"}


def lost_or_refused(name):
    """A lost answer is settled: one manifest, and the run is well. A refused one waits, and goes with the next run."""
    small = {path: data for path, data in TREE.items() if len(data) < 1 << 20}
    scene, tree = begin(name, small)
    scene.between.plan([{**PUT, "nth": 1, "do": "drop-reply"}])
    assert scene.sync(tree, "images:n/", "--exclude", "large", more=HERE)[0] == (3, 0, 0, 0)
    assert len(manifests(scene)) == 1
    scene.between.plan([{**PUT, "do": "reply", "code": "AccessDenied"}])
    counts, done = scene.sync(tree, "images:o/", "--exclude", "large", more=HERE, code=1)
    assert counts == (3, 0, 0, 1) and "is there, but not its manifest" in done.err and len(scene.keys("o/")) == 3, done
    scene.between.plan([])
    assert scene.sync(tree, "images:o/", "--exclude", "large", more=HERE)[0] == (0, 3, 0, 0)
    assert len(manifests(scene)) == 2 and set(verify(scene, "images").values()) == {"same"}


def stopped(name):
    """By a signal while its second object is under way: of what was written until then."""
    scene, tree = begin(name, {"0": b"x", "1": b"y", "2": b"z"})
    done = scene.held({"method": "PUT", "path": "/p/"}, 2, ("sync", tree, "images:p/", "--include", "[012]"), signal.SIGTERM, more=HERE)
    assert done.code == 143, done
    [lines] = manifests(scene).values()
    assert [line["key"] for line in lines] == ["p/0"], lines
    assert verify(scene, "images:p") == {"p/0": "same", "p/1": "skipped"}


def test_live_manifest_tells_what_is_there_minio():
    what_is_there("minio")


def test_live_manifest_tells_what_is_there_versitygw():
    what_is_there("versitygw")


def test_live_manifest_tells_what_is_there_moto():
    what_is_there("moto")


def test_live_manifest_lost_or_refused_minio():
    lost_or_refused("minio")


def test_live_manifest_lost_or_refused_moto():
    lost_or_refused("moto")


def test_live_manifest_of_a_run_that_is_stopped_minio():
    stopped("minio")


def test_live_manifest_of_a_run_that_is_stopped_moto():
    stopped("moto")


run_in(place, sys.modules[__name__])
