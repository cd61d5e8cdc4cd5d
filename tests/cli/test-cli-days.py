#!/usr/bin/env python3
"""Ages that are counted in days: what is not whole days is a slip, and one of a month for a day is data lost."""
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
from tool import PIPELINE, configured, larder, run  # noqa: E402

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
WRONG = (("30", "write 30d"), ("7", "write 7d"), ("12h", "write whole days, as in 30d"), ("36h", "write whole days"), ("1.5d", "write whole days"))


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
    for value, instead in (("30 GLACIER", "write 30d GLACIER"), ("12h GLACIER", "write whole days, as in 30d GLACIER"), ("30  GLACIER", "write 30d GLACIER")):
        refused((RULE, RULE + "transition = %s\n" % value), "transition", value, instead)


def test_cli_days_by_another_word():
    """Hours and seconds are as good where they are whole days."""
    env = configured(PIPELINE, ("expire = 30d", "expire = 720h"), ("retention = 7d", "retention = 604800s"), (RULE, RULE + "transition = 48h GLACIER\n"))
    got = larder("infra", "plan", "--json", env=env)
    lines = {line["path"]: line["will"] for line in got.lines() if line["type"] == "change" and "will" in line}
    assert got.code == 0 and lines["retention"] == "7" and lines["rule[expire_after_30_days].expire"] == "30", (lines, got.err)
    assert lines["rule[expire_old_versions].transition[GLACIER].days"] == "2", lines


run(sys.modules[__name__])
