#!/usr/bin/env python3
"""test-live-ingest-kill: an ingest into a real MinIO, in a bucket with versions and in one without; each of its requests in
turn loses its reply, is cut, is answered by an error, or is the last one of a killed process. A reader never sees an image
without its thumbnail and metadata, and whoever comes next gets through: the table of doc/dev/ingest.md. (D2)"""
import hashlib
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import BLUE, RED, Scene, image_key, thumbnail_key  # noqa: E402
from world import Tap  # noqa: E402

DIGEST = {"red": hashlib.sha256(RED).hexdigest(), "blue": hashlib.sha256(BLUE).hexdigest()}
# what goes wrong once, and whether the request has been carried out then
ACCIDENTS = {
    "lost-reply": ({"do": "drop-reply"}, True),
    "cut": ({"do": "cut-before"}, False),
    "slow-down": ({"do": "reply", "code": "SlowDown"}, False),
    "error": ({"do": "reply", "code": "InternalError"}, False),
    "error-done": ({"do": "reply", "code": "InternalError", "forward": True}, True),
    "error-in-200": ({"do": "reply", "code": "InternalError", "status": 200}, False),
}
tap = Tap()


def consistent(scene, job):
    image, thumbnail = scene.head(image_key(job)), scene.head(thumbnail_key(job))
    return image is None or bool(thumbnail and thumbnail["larder-digest"] == image["larder-digest"] and thumbnail["larder-image"] == image_key(job)
                                 and image["larder-thumbnail"] == thumbnail_key(job) and image["user_id"] == "u" and image["job_id"] == job and image["uploaded_at"])


def whole(scene, job, picture):
    image = scene.head(image_key(job))
    return bool(image and image["larder-digest"] == DIGEST[picture] and consistent(scene, job))


def once_each(scene, job):
    """No version but the two that a clean run leaves."""
    return scene.versions("u/2026/11/%s." % job) == {image_key(job): 1} and scene.versions("u/2026/11/thumbnails/%s." % job) == {thumbnail_key(job): 1}


def stored(done, how):
    return done.code == 0 and done.action == how


def watched(scene, job, torn):
    """Every request finds a consistent store, before it is passed on."""
    return {"before": lambda record: consistent(scene, job) or torn.append(record["number"])}


def accident(scene, name, at, job):
    rule, _ = ACCIDENTS[name]
    torn = []
    scene.between.plan([{"nth": at, **rule, **watched(scene, job, torn)}, watched(scene, job, torn)])
    done = scene.ingest("red", job)
    scene.between.plan([])
    return done, torn


def try_accident(scene, where, name, at, kind):
    job = "%s-%d" % (name, at)
    label = "test-live-ingest-%s-%s-%s" % (kind, name, where)
    done, torn = accident(scene, name, at, job)
    good = stored(done, "stored")
    tap.check(good and whole(scene, job, "red") and not torn, label, (done, torn))
    tap.check(once_each(scene, job), label + "-versions", scene.versions())
    done = scene.ingest("red", job)
    tap.check(stored(done, "already") and once_each(scene, job), label + "-again", done)


def killed(scene, at, after, job):
    """The process dies when the request comes, or when the server has done it: nobody reads an answer."""
    born, box = threading.Event(), []

    def kill(_):
        born.wait()
        box[0].kill()
        box[0].wait()
    scene.between.plan([{"nth": at, "do": "drop-reply", "after": kill} if after else {"nth": at, "do": "cut-before", "before": kill}])
    process = scene.start(*scene.words("red", job))
    box.append(process)
    born.set()
    code = scene.end(process).code
    scene.between.plan([])
    return code


def try_kill(scene, where, at, after, written, old, kind):
    """`written`: what the dead one has stored: 0, 1 (claimed) or 2 (committed)."""
    name = "%s-%s-%s" % (kind, "after" if after else "before", where)
    for then in ("again", "other", "takeover"):
        job = "kill-%d-%d-%s" % (at, after, then)
        code = killed(scene, at, after, job)
        there = (scene.head(thumbnail_key(job)) is not None) + (scene.head(image_key(job)) is not None)
        tap.check(code == -9 and there == written and consistent(scene, job), "test-live-ingest-killed-%s-%s" % (name, then), (code, there, written))
        if then == "again":
            done = scene.ingest("red", job)
            tap.check(stored(done, "already" if written == 2 else "stored") and whole(scene, job, "red") and once_each(scene, job), "test-live-ingest-again-" + name, done)
        elif then == "other":
            done = scene.ingest("blue", job)
            tap.check(done.code == (5 if written else 0) and consistent(scene, job) and (written or whole(scene, job, "blue")), "test-live-ingest-other-" + name, done)
        else:
            done = scene.end(scene.start("--config", old, *scene.words("blue", job)))
            tap.check(done.code == (5 if written == 2 else 0) and whole(scene, job, "red" if written == 2 else "blue"), "test-live-ingest-takeover-" + name, done)


def clean(scene, kind):
    """The requests of a run without accidents: what all others are led along."""
    first = len(scene.between.requests)
    done = scene.ingest("red", "clean")
    requests = scene.between.requests[first:]
    puts = [r["path"].split("?")[0] for r in requests if r["method"] == "PUT"]
    tap.check(stored(done, "stored") and whole(scene, "clean", "red") and once_each(scene, "clean"), "test-live-ingest-clean-" + kind, done)
    tap.check(puts == ["/%s/%s" % (scene.bucket, key) for key in (thumbnail_key("clean"), image_key("clean"))], "test-live-ingest-order-" + kind, requests)
    return requests


def impatient(scene):
    """The same pipeline, for which every claim is old."""
    path = scene.path("pipeline", "old.ini")
    with open(scene.config) as file, open(path, "w") as other:
        other.write(file.read())
    scene.change(path, "[pipeline \"image\"]\n", ["grace = 0s"])
    return path


def race(scene, kind, pictures):
    """Two processes whose claims are on the way at the same moment."""
    job = "race-" + "-".join(pictures)
    both = threading.Barrier(2)
    scene.between.plan([{"method": "PUT", "path": "thumbnails", "nth": [1, 2], "before": lambda _: both.wait(60 * servers.SLOW)}])
    processes = [scene.start(*scene.words(picture, job)) for picture in pictures]
    ends = [scene.end(process) for process in processes]
    scene.between.plan([])
    said = sorted(done.action or str(done.code) for done in ends)
    expected = ["already", "stored"] if pictures[0] == pictures[1] else ["5", "stored"]
    winner = pictures[[done.action for done in ends].index("stored")] if "stored" in said else None
    tap.check(said == expected and whole(scene, job, winner) and once_each(scene, job), "test-live-ingest-race-%s-%s" % (kind, "-".join(pictures)), ends)


with servers.start("minio") as server, Scene(server) as scene:
    for kind in ("plain", "versioned"):
        server.make_bucket(kind, versioning=kind == "versioned")
        scene.use_bucket(kind)
        old = impatient(scene)
        requests = clean(scene, kind)
        done_before = 0
        for at, request in enumerate(requests, 1):
            where = "%d-%s" % (at, request["method"].lower())
            for name in ACCIDENTS:
                if name == "error-in-200" and request["method"] == "HEAD":
                    continue               # its reply has no body
                try_accident(scene, where, name, at, kind)
            for after in (False, True):
                written = done_before + (after and request["method"] == "PUT")
                try_kill(scene, where, at, after, written, old, kind)
            done_before += request["method"] == "PUT"
        race(scene, kind, ("red", "red"))
        race(scene, kind, ("red", "blue"))
tap.done()
