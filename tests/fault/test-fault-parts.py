#!/usr/bin/env python3
"""c-T03: objects of forty parts, eight parts at once, again and again: none is lost from the list that ends an upload, and each is sent once.
LARDER_ROUNDS objects: ten, and two hundred under ThreadSanitizer in `make check-threads`. On the null server."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "lib"))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "bench"))
import null  # noqa: E402
import peers  # noqa: E402
import tap  # noqa: E402
import turns  # noqa: E402

ROUNDS = int(os.environ.get("LARDER_ROUNDS", "10"))
PARTS, PIECE = 40, 8 << 20


def objects(folder):
    """So many names of one file: all are read, and none takes room."""
    os.mkdir(folder)
    with open(os.path.join(folder, "0"), "wb") as file:
        file.truncate(PARTS * PIECE)
    for number in range(1, ROUNDS):
        os.link(os.path.join(folder, "0"), os.path.join(folder, str(number)))
    return folder


def put(server, folder, tree):
    os.mkdir(os.path.join(folder, "profiles"))
    with open(os.path.join(folder, "larder.ini"), "w") as file:
        file.write(peers.PIPELINE)
    with open(os.path.join(folder, "profiles", "bench.ini"), "w") as file:
        file.write(peers.PROFILE % (server.endpoint, "no", ""))
    words = [os.path.join(os.environ["TOP_BUILDDIR"], "larder"), "--config", os.path.join(folder, "larder.ini"), "--profile", "bench", "--json",
             "--state", os.path.join(folder, "state"), "put", "-r", tree + "/", "up:bench/"]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=dict(turns.environment(server), LARDER_MODULE_DIR=os.environ["LARDER_MODULE_DIR"], TSAN_OPTIONS=os.environ.get("TSAN_OPTIONS", "")))
    assert done.returncode == 0, done.stdout[-3000:]
    return json.loads(done.stdout.strip().split("\n")[-1])


def test_fault_parts_forty_of_each():
    with tempfile.TemporaryDirectory() as folder:
        with null.Null() as server:
            summary = put(server, folder, objects(os.path.join(folder, "tree")))
        assert summary["copied"] == ROUNDS and summary["bytes"] == ROUNDS * PARTS * PIECE and summary["again"] == 0, summary
        assert os.listdir(os.path.join(folder, "state", "transfers")) == []
        assert (server.counts["begin"], server.counts["part"], server.counts["complete"], server.counts["put"]) == (ROUNDS, ROUNDS * PARTS, ROUNDS, 0), server.counts


tap.run(sys.modules[__name__])
