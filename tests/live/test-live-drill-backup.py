#!/usr/bin/env python3
"""test-live-drill-backup: larder backup drill of a file system whose backups are those of a service: its newest one is restored by the service into a folder of its own, and compared there
(c-F01). The file system is a folder here; what the service would put into it, the test does."""
import os
import shutil
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from backup_place import ARN, PIPELINE, Place  # noqa: E402

place = Place()
MOUNT = os.path.join(place.folder, "mount")
NAME = "aws-backup-restore_2026-03-0%dT10-20-30-123Z"
FILES = {"flux/a": b"a" * 5000, "sdxl/b": b"b", "sdxl/empty": b""}
TEXT = PIPELINE.replace("resources = %s\n" % ARN, "resources = model-cache\n") + """[backend "files"]
driver = efs
root = %s
[filesystem "model-cache"]
backend = files
token = t
backup = models
""" % MOUNT
restored = place.service.restored


def write(folder, files):
    for name, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(text)


def makes(*folders, files=None):
    """When the service is done it has made these folders in the file system."""
    def done(job):
        restored(job)
        for folder in folders:
            os.makedirs(os.path.join(MOUNT, folder))
            write(os.path.join(MOUNT, folder), FILES if files is None else files)
    place.service.restored = done


def drill(*words, code=0, **more):
    done = place.run("drill", "--state", os.path.join(place.folder, "state"), "--report", os.path.join(place.folder, "reports"), *words, "model-cache", area=("backup",), text=TEXT, **more)
    assert done.code == code, (done, place.service.asked)
    return done, next((line for line in done.lines if line["type"] == "drill"), None)


def fresh(kept=1):
    place.fresh()
    for folder in ("mount", "state", "reports"):
        shutil.rmtree(os.path.join(place.folder, folder), ignore_errors=True)
    write(MOUNT, FILES)
    makes(NAME % 3)
    assert place.run("apply", text=TEXT).code == 0
    for _ in range(kept):
        assert place.run("start", "models", "--wait", area=("backup",), text=TEXT).code == 0


def restores():
    return [given for name, given in place.service.asked if name == "StartRestoreJob"]


def test_live_drill_backup_proves():
    """The newest of those that are kept, once; what is the same is removed again, and nothing else."""
    fresh(kept=2)
    write(MOUNT, {NAME % 1 + "/theirs": b"x"})
    newest = max(place.service.points.values(), key=lambda point: point["CreationDate"])["RecoveryPointArn"]
    done, facts = drill("--wait")
    one, = restores()
    assert one["RecoveryPointArn"] == newest and one["Metadata"]["newFileSystem"] == "false", one
    assert (facts["restored"], facts["compared_with_source"], done.lines[-1]["proven"]) == (3, 3, 3) and "scratch" not in facts, done
    assert sorted(os.listdir(MOUNT)) == sorted([NAME % 1, "flux", "sdxl"] + [name for name in os.listdir(MOUNT) if name.startswith(".")]), os.listdir(MOUNT)
    assert os.listdir(os.path.join(place.folder, "state/drills")) == [] and len(os.listdir(os.path.join(place.folder, "reports"))) == 3


def test_live_drill_backup_goes_on():
    """Not waited for: 9, and the same command goes on with the same restore."""
    fresh()
    place.service.progress = 5
    for _ in range(2):
        done, _ = drill(code=9)
        assert "goes on with it" in done.err and len(place.service.restores) == 1 and not os.path.exists(os.path.join(MOUNT, NAME % 3)), done
    _, facts = drill("--wait")
    assert facts["compared_with_source"] == 3 and len(place.service.restores) == 1, place.service.restores


def test_live_drill_backup_fails():
    """The service could not do it: told with its reason, and the same command asks for another restore. Another role asks for one, too."""
    fresh()
    place.service.fails = "the role may not restore"
    done, _ = drill("--wait", code=8)
    assert "the role may not restore" in done.err and "asks for another restore" in done.err and os.listdir(os.path.join(place.folder, "state/drills")) == [], done
    place.service.fails = None
    _, facts = drill("--wait")
    assert facts["compared_with_source"] == 3 and len(place.service.restores) == 2, place.service.restores
    place.service.progress = 5
    drill(code=9)
    done, _ = drill("--role", "arn:aws:iam::123456789012:role/restore", code=9)
    assert [one["IamRoleArn"] for one in place.service.restores.values()][2:] == ["arn:aws:iam::123456789012:role/backup", "arn:aws:iam::123456789012:role/restore"], place.service.restores


def test_live_drill_backup_finds():
    """What differs, is missing or extra: 6, by path, and what was restored stays to be looked at."""
    for files, found in (({**FILES, "sdxl/b": b"c"}, "differs"), ({**FILES, "more": b""}, "extra"), ({"flux/a": FILES["flux/a"], "sdxl/empty": b""}, "missing")):
        fresh()
        makes(NAME % 3, files=files)
        done, facts = drill("--wait", code=6)
        assert facts[found] == 1 and facts["scratch"] == os.path.join(MOUNT, NAME % 3) and os.path.isdir(facts["scratch"]), done


def test_live_drill_backup_wrong_folders():
    """None, an empty one, two at once: failures by name, and never one of two."""
    for folders, files, code, text in (((), None, 6, "no folder came"), ((NAME % 3,), {}, 6, "nothing was restored"), ((NAME % 3, NAME % 4), None, 5, "two restores made folders")):
        fresh()
        makes(*folders, files=files)
        done, facts = drill("--wait", code=code)
        assert text in done.err and facts is None, done


def test_live_drill_backup_of_nothing():
    """Nothing is kept, or nothing backs it up: named, with what to do, and nothing is asked for."""
    fresh(kept=0)
    done, _ = drill(code=3)
    assert "an empty backup proves nothing" in done.err and restores() == [], done
    assert os.listdir(os.path.join(place.folder, "state/drills")) == []


tap.run(sys.modules[__name__])
