#!/usr/bin/env python3
"""What larder doctor --mount finds on mounts of which one thing is broken: that, and nothing else; and options of an NFS mount that are not those that EFS wants."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import ENV, LARDER, SPACE, Ran, larder, run, write  # noqa: E402
from disks import Disk  # noqa: E402

# what goes wrong there, what is found, with which words; of rename alone the reader is no matter where it is not the subject: it opens by names looked up before
BROKEN = (
    ("rename:EIO:1:0", "rename", "fails"),
    ("fsync:EIO:1:0", "fsync", "of a file fails"),
    ("fsyncdir:EIO:1:0", "fsync", "of a folder fails"),
    ("link:EIO:1:0", "link", "no second name for a file"),
    ("read:EIO:1:0", "written, then read", "the other process does not read what was written"),
)
BESIDE = {"read:EIO:1:0": {"rename"}, "fsync:EIO:1:0": {"written, then read"}}      # follows from it
NFS = "1032 911 %d:%d / /models rw,noatime shared:512 - nfs4 fs-0a1b2c.efs.eu-central-1.amazonaws.com:/ rw,vers=4.1,wsize=1048576,namlen=255,noresvport,proto=tcp,timeo=600,retrans=2,%s\n"


def findings(got, verdict):
    return {line["what"]: line for line in got.lines() if line["type"] == "finding" and line["verdict"] == verdict}


def test_cache_doctor_names_what_is_broken():
    for wrong, what, words in BROKEN:
        with Disk(wrong) as cache:
            got = larder("doctor", "--mount", cache.root, "--json")
            failed = findings(got, "fail")
            assert got.code == 8 and what in failed and failed[what]["detail"] == words and failed[what]["next"], (wrong, got.out, got.err)
            assert set(failed) - {what, "rename"} <= BESIDE.get(wrong, set()), (wrong, got.out)
            assert os.listdir(cache.root) == [], (wrong, os.listdir(cache.root))


def test_cache_doctor_modes_that_are_not_kept():
    """No failure, for files can be read all the same: a note."""
    with Disk(manners="modes:none") as cache:
        got = larder("doctor", "--mount", cache.root, "--json")
        assert "not kept" in findings(got, "note")["modes"]["detail"], got.out


def mounted(cache, options):
    """The command, for which the folder is such a mount."""
    facts = os.stat(cache)
    info = os.path.join(os.path.dirname(cache), "mountinfo")
    write(info, (NFS % (os.major(facts.st_dev), os.minor(facts.st_dev), options)).encode())
    script = 'mount --bind "$1" /proc/$$/mountinfo && exec "$2" doctor --mount "$3" --json'
    return Ran(subprocess.run([*SPACE, "sh", "-c", script, "sh", info, LARDER, cache], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV))


def test_cache_doctor_options_of_nfs():
    folder = os.path.join(os.getcwd(), "options/models")
    os.makedirs(folder)
    good = mounted(folder, "rsize=1048576,hard")
    assert good.code == 0 and findings(good, "pass")["mount options"]["detail"] == "as recommended", good.out + good.err
    bad = mounted(folder, "rsize=65536,soft")
    told = findings(bad, "warn")["mount options"]
    assert told["detail"] == "nfs4, without rsize=1048576,hard" and "nfsvers=4.1,rsize=1048576," in told["next"], (bad.out, bad.err)


run(sys.modules[__name__])
