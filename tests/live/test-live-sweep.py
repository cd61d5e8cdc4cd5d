#!/usr/bin/env python3
"""test-live-sweep.py: larder transfer gc --pipeline on real servers: what an ingest left half goes, under a condition or by its version;
where neither can be, it is a failure that says so, and nothing is touched."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
import tap  # noqa: E402
from scene import Scene, image_key, thumbnail_key  # noqa: E402


def half_and_whole(name, versioning):
    """A bucket with one ingest that was cut off after its claim, and a whole one."""
    scene = Scene(servers.start(name), pipeline=["grace = 0s"])
    scene.server.make_bucket("bucket", versioning)
    scene.use_bucket("bucket")
    assert scene.ingest("red", "whole").code == 0
    scene.between.plan([{"method": "PUT", "path": "half.png", "do": "cut-before"}])
    assert scene.ingest("red", "half").code != 0
    scene.between.plan([])
    assert scene.head(thumbnail_key("half")) and not scene.head(image_key("half"))
    return scene


def gc(scene, *words):
    return scene.run("--json", "transfer", "gc", "--pipeline", "image", "--older-than", "0s", *words)


def check_swept(name, versioning):
    with half_and_whole(name, versioning) as scene:
        before = scene.keys()
        done = gc(scene, "-n")
        assert done.code == 0 and done.lines[-1]["would_remove"] == 1 and scene.keys() == before, done
        assert not scene.between.matching("DELETE") and not scene.between.matching("POST", "delete"), "it removed"
        done = gc(scene)
        assert done.code == 0 and done.lines[-1]["removed"] == 1 and done.lines[-1]["failed"] == 0, done
        assert scene.keys() == [key for key in before if key != thumbnail_key("half")], scene.keys()
        done = gc(scene)
        assert done.code == 0 and done.lines[-1]["removed"] == 0, done
        assert scene.ingest("blue", "half").action == "stored"
    scene.server.stop()


def test_live_sweep_minio_versioned():
    check_swept("minio", True)


def test_live_sweep_versitygw():
    check_swept("versitygw", False)


def test_live_sweep_versitygw_versioned():
    check_swept("versitygw", True)


def test_live_sweep_moto():
    check_swept("moto", True)


def test_live_sweep_minio_without_versions():
    """It looks at no condition of a removal, and there is no version to name."""
    with half_and_whole("minio", False) as scene:
        before = scene.keys()
        done = gc(scene)
        assert done.code == 1 and done.lines[-1]["failed"] == 1 and done.error["code"] == "UNSUPPORTED", done
        assert done.error["key"] == "thumbnails:" + thumbnail_key("half") and "keep versions in that bucket" in done.error["next"], done
        assert scene.keys() == before
    scene.server.stop()


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
