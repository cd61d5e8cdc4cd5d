#!/usr/bin/env python3
"""test-live-ingest-fallback: a server of which nothing is known ('server = other' in front of a real MinIO): no condition is
sent, the ingest looks itself, says in its note what that is worth, and is right all the same for one after the other."""
import hashlib
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import BLUE, RED, Scene, image_key, thumbnail_key  # noqa: E402
from world import Tap  # noqa: E402

DIGEST = {"red": hashlib.sha256(RED).hexdigest(), "blue": hashlib.sha256(BLUE).hexdigest()}
NOTE = "cannot decide who writes first"
tap = Tap()


def stands(scene, job, picture):
    image, thumbnail = scene.head(image_key(job)), scene.head(thumbnail_key(job))
    return bool(image and thumbnail and image["larder-digest"] == thumbnail["larder-digest"] == DIGEST[picture] and thumbnail["larder-image"] == image_key(job))


with servers.start("minio") as server, Scene(server, ["server = other"]) as scene:
    server.make_bucket("bucket")
    scene.use_bucket("bucket")
    done = scene.ingest("red", "j")
    tap.check(done.action == "stored" and NOTE in done.picture.get("note", "") and stands(scene, "j", "red"), "test-live-ingest-fallback-json", done)
    puts = scene.between.matching("PUT")
    conditions = [name for record in puts for name, _ in record["headers"] if name.lower().startswith("if-")]
    tap.check(len(puts) == 2 and not conditions, "test-live-ingest-fallback-sends-no-condition", conditions)
    done = scene.run(*scene.words("red", "text")[1:])
    tap.check(done.code == 0 and NOTE in done.out + done.err and "stored" in done.out, "test-live-ingest-fallback-text", done)
    done = scene.ingest("red", "j")
    tap.check(done.action == "already" and stands(scene, "j", "red"), "test-live-ingest-fallback-again", done)
    done = scene.ingest("blue", "j")
    tap.check(done.code == 5 and stands(scene, "j", "red"), "test-live-ingest-fallback-other", done)
    done = scene.ingest("blue", "j", "--overwrite")
    tap.check(done.action == "replaced" and stands(scene, "j", "blue"), "test-live-ingest-fallback-overwrite", done)

    # a lost reply to a write: done again, and what is told is true
    for nth in (1, 2):
        job = "lost-%d" % nth
        scene.between.plan([{"method": "PUT", "nth": nth, "do": "drop-reply"}])
        done = scene.ingest("red", job)
        tap.check(done.action == "stored" and stands(scene, job, "red"), "test-live-ingest-fallback-lost-%d" % nth, done)

    # both have looked before either writes: one picture stands, whole, and who says that it is stored is right
    both = threading.Barrier(2)
    scene.between.plan([{"method": "PUT", "path": "race", "nth": [1, 2, 3, 4], "before": lambda _: both.wait(60 * servers.SLOW)}])
    processes = [scene.start(*scene.words(picture, "race")) for picture in ("red", "blue")]
    ends = dict(zip(("red", "blue"), [scene.end(process) for process in processes]))
    scene.between.plan([])
    stored = [picture for picture, done in ends.items() if done.action == "stored"]
    digest = (scene.head(image_key("race")) or {}).get("larder-digest")
    standing = next((picture for picture in DIGEST if DIGEST[picture] == digest), None)
    tap.check(standing in stored and all(NOTE in ends[picture].picture["note"] for picture in stored) and {ends[p].code for p in ends if p not in stored} <= {5},
              "test-live-ingest-fallback-race", ends)
    done = scene.ingest(standing or "red", "race")
    tap.check(done.code == 0 and stands(scene, "race", standing), "test-live-ingest-fallback-race-again", done)

with servers.start("minio") as server, Scene(server) as scene:
    server.make_bucket("bucket")
    scene.use_bucket("bucket")
    done = scene.ingest("red", "j")
    tap.check(done.action == "stored" and NOTE not in done.out + done.err, "test-live-ingest-known-server-has-no-note", done)
tap.done()
