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

GROUP = "in a bucket with versions it goes on listing the group of objects that were removed"
# (server, bucket): {promise: why}
FACTS = {
    ("minio", "plain"): {
        "any text may be the delimiter": "pages of a delimiter other than '/' repeat a group: the driver refuses such a page",
    },
    ("minio", "versioned"): {
        "any text may be the delimiter": "pages of a delimiter other than '/' repeat a group: the driver refuses such a page",
        "a removed object is not listed, nor is its group": GROUP,
    },
    ("versitygw", "versioned"): {
        "a removed object is not listed, nor is its group": GROUP,
        "versions and delete markers are listed, newest first": "pages of one version do not go on: the driver refuses such a page instead of looping",
    },
    ("moto", "plain"): {
        "abort ends an upload and leaves nothing": "a part for an unknown upload is answered 500, as if it might go through later",
    },
    ("moto", "versioned"): {
        "abort ends an upload and leaves nothing": "a part for an unknown upload is answered 500, as if it might go through later",
        "a removed object is not listed, nor is its group": GROUP,
    },
}
TWO_STEPS = ("[2-8] of 8 writers won", "it looks for the object and then writes, with no lock around the two: of writers at the same moment more than one may win")
# What a server keeps or breaks as its own threads happen to run: such a promise is none there. What the suite says then, and why.
RACES = {
    "versitygw": {
        "a reader sees one whole object while another takes its place":
            (".*", "it reads an object's facts and its bytes one after the other: a reader may see those of two objects; the checksum tells"),
    },
    "moto": {
        "of eight create-only writers at once exactly one wins": TWO_STEPS,
        "of eight writers with one etag exactly one wins": TWO_STEPS,
    },
}
KINDS = ("plain", "versioned")
PAGE = os.path.join(os.environ["TOP_SRCDIR"], "doc/dev/servers.md")
MARKS = ("<!-- conformance: printed by a script between these two lines -->\n", "<!-- end of conformance -->\n")


def run(server, kind, *options, module=MODULE):
    """{promise: (verdict, text)}; a verdict is holds, broken or lacks."""
    bucket = "conformance-" + kind
    server.make_bucket(bucket, versioning=kind == "versioned")
    done = subprocess.run([SUITE, module, "--bucket", bucket, "--seed", "7", "--operations", "300", "server=" + server.row,
                           "endpoint=" + server.endpoint, "region=" + server.region, *options],
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


def race(name, promise, text=None):
    """Why it may be broken in this way, or None."""
    said, why = RACES.get(name, {}).get(promise, ("", None))
    return why if text is None or re.fullmatch(said, text) else None


found = {}


def try_all(name):
    with servers.start(name) as server:
        for kind in KINDS:
            found[name, kind] = run(server, kind)


def check(name, kind):
    if (name, kind) not in found:
        try_all(name)
    check_found(name, kind, found[name, kind])


def check_found(name, kind, seen):
    known = FACTS.get((name, kind), {})
    for promise, (verdict, text) in seen.items():
        if verdict == "lacks":
            print("# %s does not offer: %s (%s)" % (name, promise, text))
        elif verdict == "broken":
            print("# %s: %s\n#   %s" % (name, promise, known.get(promise) or race(name, promise, text) or text))
    broken = {promise: text for promise, (verdict, text) in seen.items() if verdict == "broken" and not race(name, promise, text)}
    assert set(broken) == set(known), {promise: broken.get(promise, "holds now") for promise in set(broken) ^ set(known)}
    assert sum(verdict == "holds" for verdict, _ in seen.values()) > 50, seen


def table():
    """The page's table: a line a promise, a column a server and kind of bucket, the reasons below."""
    columns = [(name, kind) for name in servers.NAMES for kind in KINDS]
    reasons, lines = [], []

    def note(text):
        if text not in reasons:
            reasons.append(text)
        return reasons.index(text) + 1

    def cell(column, promise):
        verdict, text = found[column][promise]
        if race(column[0], promise):
            return "no (%d)" % note(race(column[0], promise))
        return "yes" if verdict == "holds" else "%s (%d)" % ("no" if verdict == "broken" else "–", note(FACTS[column][promise] if verdict == "broken" else text))
    for promise in found[columns[0]]:
        lines.append("| %s | %s |" % (promise, " | ".join(cell(column, promise) for column in columns)))
    head = "| promise | %s |\n|%s\n" % (" | ".join("%s, %s" % column for column in columns), "---|" * (len(columns) + 1))
    return head + "\n".join(lines) + "\n\n" + "".join("(%d) %s\n\n" % (number, text) for number, text in enumerate(reasons, 1))


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


def test_live_conform_glacier():
    """It keeps what s3 keeps, and breaks no more, in the class that needs no restore: in the others no byte can be read back at once (test-live-glacier.py)."""
    with servers.start("moto") as server:
        for kind in KINDS:
            check_found("moto", kind, run(server, kind, "class=GLACIER_IR", module=MODULE.replace("driver-s3", "driver-glacier")))


def test_live_conform_minio_unsigned():
    """Bytes that nobody signed and that core has passed over already: the driver does not read them once more."""
    with servers.start("minio") as server:
        seen = run(server, "plain", "payload-signing=no")
    broken = {promise for promise, (verdict, _) in seen.items() if verdict == "broken"}
    assert broken == set(FACTS["minio", "plain"]), {promise: seen[promise] for promise in broken}


def test_live_conform_page():
    """doc/dev/servers.md says what was found; `test-live-conform.py print` writes it."""
    with open(PAGE) as file:
        page = file.read()
    before, rest = page.split(MARKS[0])
    old, after = rest.split(MARKS[1])
    new = table()
    if "print" in sys.argv[1:]:
        with open(PAGE, "w") as file:
            file.write(before + MARKS[0] + new + MARKS[1] + after)
    else:
        assert old == new, "the page is not what was found; %s print writes it" % sys.argv[0]


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
