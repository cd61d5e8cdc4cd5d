#!/usr/bin/env python3
"""test-live-conform.py: the driver's promises, tried on real servers, in a bucket with versions and in one without.

What a server cannot do although the driver offers it stands in FACTS, by promise, with the reason: a promise that
fails without such a fact fails the test, and so does a fact that is none any more.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

MODULE = os.path.join(os.environ["LARDER_MODULE_DIR"], "driver-s3.so")
SUITE = os.path.join(os.environ["TOP_BUILDDIR"], "larder-driver-test")

# (server, bucket): {promise: why}
FACTS = {
}


def run(server, kind):
    """{promise: (verdict, text)}; a verdict is holds, broken or lacks."""
    bucket = "conformance-" + kind
    server.make_bucket(bucket, versioning=kind == "versioned")
    done = subprocess.run([SUITE, MODULE, "--bucket", bucket, "--seed", "7", "--operations", "300", "server=" + server.row,
                           "endpoint=" + server.endpoint, "region=" + server.region],
                          env=server.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = {}
    lines = done.stdout.splitlines()
    for line, after in zip(lines, lines[1:] + [""]):
        match = re.match(r"(not ok|ok) \d+ (- |# unsupported: )(.*)", line)
        if match and match.group(2) == "- ":
            found[match.group(3)] = ("holds", "") if match.group(1) == "ok" else ("broken", after.lstrip("# "))
        elif match:
            promise, why = re.match(r"(.*) \((.*)\)$", match.group(3)).groups()
            found[promise] = ("lacks", why)
    if not found:
        raise AssertionError("the suite said: " + done.stdout)
    return found


def check(name, kind):
    known = FACTS.get((name, kind), {})
    with servers.start(name) as server:
        found = run(server, kind)
    for promise, (verdict, text) in found.items():
        if verdict == "lacks":
            print("# %s does not offer: %s (%s)" % (name, promise, text))
        elif verdict == "broken":
            print("# %s: %s\n#   %s" % (name, promise, known.get(promise, text)))
    broken = {promise: text for promise, (verdict, text) in found.items() if verdict == "broken"}
    assert set(broken) == set(known), {promise: broken.get(promise, "holds now") for promise in set(broken) ^ set(known)}
    assert sum(verdict == "holds" for verdict, _ in found.values()) > 45, found


def test_live_conform_minio_plain():
    check("minio", "plain")


def test_live_conform_minio_versioned():
    check("minio", "versioned")


def test_live_conform_versitygw_plain():
    check("versitygw", "plain")


def test_live_conform_versitygw_versioned():
    check("versitygw", "versioned")


def test_live_conform_moto_plain():
    check("moto", "plain")


def test_live_conform_moto_versioned():
    check("moto", "versioned")


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
