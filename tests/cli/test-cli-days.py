#!/usr/bin/env python3
"""Ages that are counted in days: what is not whole days is a slip, and one of a month for a day is data lost."""
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
from tool import HOME, PIPELINE, configured, larder, read, run  # noqa: E402

RULE = "id = expire_old_versions\n"
# Of each key: what of the pipeline is written otherwise, and as what.
AGES = (
    ("expire", "expire = 30d", "expire = %s"), ("expire-noncurrent", RULE + "expire-noncurrent = 30d", RULE + "expire-noncurrent = %s"), ("abort-uploads", RULE, RULE + "abort-uploads = %s\n"),
    ("to-ia", "to-ia = 30d", "to-ia = %s"), ("retention", "retention = 7d", "retention = %s"), ("delete-after", "delete-after = 30d", "delete-after = %s"),
    ("cold-after", "delete-after = 30d", "delete-after = 365d\ncold-after = %s"), ("copy-delete-after", "delete-after = 30d", "delete-after = 30d\ncopy-delete-after = %s"),
    ("copy-cold-after", "delete-after = 30d", "delete-after = 30d\ncopy-cold-after = %s"),
    ("delete-after", "[database", "[backup-rule \"x\"]\ndelete-after = %s\n[database"), ("cold-after", "[database", "[backup-rule \"x\"]\ncold-after = %s\n[database"),
    ("copy-delete-after", "[database", "[backup-rule \"x\"]\ncopy-delete-after = %s\n[database"), ("copy-cold-after", "[database", "[backup-rule \"x\"]\ncopy-cold-after = %s\n[database"),
)
WRONG = (("30", "write 30d"), ("7", "write 7d"), ("2592000", "write 30d"), ("12h", "write whole days, as in 30d"), ("36h", "write whole days"), ("1.5d", "write whole days"), ("2592000.0", "write 30d"), ("1.5", "write whole days"))


def refused(change, key, value, instead):
    env = configured(PIPELINE, change)
    lines = PIPELINE.replace(*change).split("\n")
    number = next(n for n, line in enumerate(lines, 1) if line == "%s = %s" % (key, value))
    for words in (("infra", "plan"), ("infra", "apply"), ("config", "check")):
        got = larder(*words, env=env)
        assert got.code == 2 and "larder.ini:%d" % number in got.err and key in got.err and value in got.err and instead in got.err, (words, change, got.code, got.out, got.err)


def test_cli_days_are_whole():
    for key, old, new in AGES:
        for value, instead in WRONG:
            refused((old, new % value), key, value, instead)


def test_cli_days_of_a_transition():
    for value, instead in (("30 GLACIER", "write 30d GLACIER"), ("12h GLACIER", "write whole days, as in 30d GLACIER"), ("30  GLACIER", "write 30d GLACIER"), ("2592000 GLACIER", "write 30d GLACIER")):
        refused((RULE, RULE + "transition = %s\n" % value), "transition", value, instead)


def test_cli_days_of_a_tier():
    place = "bucket = pingvas-studio-logs\n"
    for value in ("15552000 DEEP_ARCHIVE_ACCESS", "180 DEEP_ARCHIVE_ACCESS", "12h DEEP_ARCHIVE_ACCESS"):
        refused((place, place + "tiering = %s\n" % value), "tiering", value, "in whole days")


def test_cli_days_by_another_word():
    """Hours and seconds are as good where they are whole days, and none is none in any unit."""
    env = configured(PIPELINE, ("expire = 30d", "expire = 720h"), ("to-ia = 30d", "to-ia = 0"), ("retention = 7d", "retention = 604800s"), (RULE, RULE + "transition = 48h GLACIER\n"))
    got = larder("infra", "plan", "--json", env=env)
    lines = {line["path"]: line["will"] for line in got.lines() if line["type"] == "change" and "will" in line}
    assert got.code == 0 and lines["retention"] == "7" and lines["rule[expire_after_30_days].expire"] == "30", (lines, got.err)
    assert lines["rule[expire_old_versions].transition[GLACIER].days"] == "2", lines


def changes(*words, env):
    got = larder("infra", *words, "--json", env=env)
    assert got.code == 0, (words, got.code, got.out, got.err)
    return {line["path"]: (line["change"], line.get("was"), line.get("will")) for line in got.lines()
            if line["type"] == "change" and line.get("path") and line["change"] in ("create", "update", "remove", "unmanaged")}


OPEN = ("tls-only = yes", "tls-only = no")
LOGS = ("bucket = pingvas-studio-logs\n", "bucket = pingvas-studio-logs\ntls-only = yes\n")
# What was declared and is declared as no: the section, what was written, what is, and the lines that go.
NO = (
    ("filesystem/model-cache", ("back-on-access = yes", "back-on-access = no"), {"lifecycle.back-on-access": ("remove", "1", None)}),
    ("filesystem/model-cache", ("to-ia = 30d", "to-ia = 0d"), {"lifecycle.to-ia": ("remove", "30", None)}),
    ("store/uploads", (RULE, RULE + "abort-uploads = 0d\n"), {"rule[abort-uploads].abort-uploads": ("remove", "7", None), "rule[abort-uploads].status": ("remove", "enabled", None)}),
    ("store/logs", OPEN, {"tls-only": ("remove", "yes", None)}),
    ("store/images", ("max-age = 3600s", "max-age = 0s"), {"cors[studio].max-age": ("update", "3600", "0")}),
)


def test_cli_days_a_declared_no_is_to_be():
    """A line that was declared goes when the section says no to it; where it says nothing of it any more it stays."""
    for section, change, lines in NO:
        for saved in (False, True):
            pipeline = PIPELINE.replace(*LOGS)
            assert larder("infra", "apply", env=configured(pipeline)).code == 0
            env = configured(pipeline, change)
            assert changes("plan", "--only", section, env=env) == lines, (change, changes("plan", "--only", section, env=env))
            if saved:
                assert changes("plan", "--only", section, "-o", "saved.plan", env=env) == lines
            got = larder("infra", "apply", *(["saved.plan"] if saved else ["--only", section]), env=env)
            assert got.code == 0, (got.out, got.err)
            assert changes("plan", "--only", section, env=env) == {}, change
            os.path.exists("saved.plan") and os.remove("saved.plan")


def test_cli_days_a_no_makes_nothing():
    """No more is made of a section that says no than of one that says nothing."""
    env = configured(PIPELINE, ("tls-only = yes", "tls-only = no") if "tls-only = yes" in PIPELINE else (LOGS[0], LOGS[1].replace("yes", "no")))
    assert larder("infra", "apply", env=env).code == 0
    got = larder("infra", "plan", env=env)
    assert got.code == 0 and " 0 to" in got.out or "no changes" in got.out, got.out


def test_cli_days_uploads_that_stay():
    """Said 0 by one rule and an age by another, the age is it; said 0 alone, that they stay is told."""
    env = configured(PIPELINE, (RULE, RULE + "abort-uploads = 0d\n"))
    assert "uploads-never-aborted" in larder("infra", "plan", "--only", "store/uploads", env=env).out
    env = configured(PIPELINE, (RULE, RULE + "abort-uploads = 0d\n"), ("lifecycle = uploads", "lifecycle = uploads, more"), ("[database", "[lifecycle \"more\"]\nabort-uploads = 9d\n[database"))
    assert larder("infra", "apply", "--only", "store/uploads", env=env).code == 0
    kept = read(os.path.join(HOME, "demo/pingvas-studio-uploads/.larder/settings"))
    assert b"rule[abort-uploads].abort-uploads\t9\n" in kept, kept


def test_cli_days_backups_that_would_not_stay():
    for key in ("delete-after", "copy-delete-after"):
        change = ("delete-after = 30d\n", ("" if key == "delete-after" else "delete-after = 30d\n") + key + " = 0d\n")
        refused(change, key, "0d", "leave it out")


run(sys.modules[__name__])
