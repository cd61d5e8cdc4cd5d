#!/usr/bin/env python3
"""Backups, snapshots and restores with nothing installed: the profile mock as it is shipped, on a clock that is moved."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import clock  # noqa: E402
from stopped import bad, has_open, is_stopped, until  # noqa: E402
from tool import ENV, HOME, LARDER, SRC, larder, read, run, write  # noqa: E402


class Place:
    def __init__(self):
        self.root = tempfile.mkdtemp(dir=HOME)
        self.env = {"LARDER_ROOT": self.root}
        assert self.larder("infra", "apply").code == 0
        self.files = os.path.join(self.root, "files")
        write(os.path.join(self.files, "sdxl/base.safetensors"), b"model" * 1000)
        os.utime(os.path.join(self.files, "sdxl/base.safetensors"), (1700000000, 1700000000))
        os.symlink("base.safetensors", os.path.join(self.files, "sdxl/latest"))

    def larder(self, *words):
        got = larder("--json", *words, env=self.env)
        got.lines = [json.loads(line) for line in got.out.splitlines()]
        return got

    def told(self, kind, *words, code=0):
        got = self.larder(*words)
        assert got.code == code, (words, got.code, got.out, got.err)
        return [line for line in got.lines if line["type"] == kind]

    def later(self, time):
        assert self.larder("dev", "clock", "+" + time).code == 0


def facts(top):
    """What is there, but for what the driver keeps beside it: bytes, links, times."""
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            link = os.path.islink(path)
            if ".larder" not in path[len(top):]:
                found[os.path.relpath(path, top)] = os.readlink(path) if link else (read(path), os.stat(path).st_mtime)
    return found


def test_cli_recovery_a_backup_and_back():
    """Kept as it was: what is changed afterwards is not in it; and it comes back into a folder of its own, somewhere new or in the folder itself."""
    at = Place()
    before = facts(at.files)
    assert at.told("backup", "backup", "ls") == [] and at.told("job", "backup", "status") == []
    begun, = at.told("action", "backup", "start", "models", "model-cache")
    assert begun["step"] == "started" and begun["from"] == "filesystem/model-cache", begun
    again, = at.told("action", "backup", "start", "models")
    assert again["token"] == begun["token"], (begun, again)
    job, = at.told("job", "backup", "status")
    assert job["state"] == "running" and at.told("job", "backup", "status", job["job"]) == [job], job
    write(os.path.join(at.files, "sdxl/base.safetensors"), b"other")
    at.later("1m")
    assert at.told("job", "backup", "status") == [] and at.told("job", "backup", "status", job["job"])[0]["state"] == "done"
    point, = at.told("backup", "backup", "ls", "models")
    assert point["state"] == "done" and point["resource"] == at.files and point["place"] == "main" and point["bytes"] >= 5000 and point["expires"] > point["begun"], point
    assert at.larder("backup", "restore", "models", point["id"]).code == 9
    at.later("1m")
    done = at.told("action", "backup", "restore", "models", point["id"])[-1]
    folder, = os.listdir(done["resource"])
    assert done["step"] == "done" and folder.startswith("aws-backup-restore_") and facts(os.path.join(done["resource"], folder)) == before, (done, folder)
    assert at.larder("backup", "restore", "models", point["id"], "--to", at.files).code == 9
    folder, = (name for name in os.listdir(at.files) if name.startswith("aws-backup-restore_"))
    assert facts(os.path.join(at.files, folder)) == before and read(os.path.join(at.files, "sdxl/base.safetensors")) == b"other"
    at.later("30d")
    assert at.told("backup", "backup", "ls") == []
    assert at.larder("infra", "plan", "--detailed-exitcode").code == 0


def test_cli_recovery_backups_that_cannot_be():
    at = Place()
    for words, code, word in ((("start", "models", "postgresql"), 2, "does not back up"), (("start", "no"), 3, "no backup 'no'"), (("start", "models", "--rule", "yearly"), 2, "daily_backup"),
                              (("restore", "models", "no"), 3, "larder backup ls"), (("status", "no"), 3, "no backup job 'no'"), (("ls", "no"), 3, "no backup 'no'")):
        got = at.larder("backup", *words)
        assert got.code == code and word in got.err, (words, got.code, got.err)
    looked, = at.told("action", "backup", "start", "-n", "models")
    assert looked["step"] == "planned" and at.told("job", "backup", "status", "--all") == []
    got = at.larder("backup", "start", "models")
    point, = at.told("backup", "backup", "ls")
    early = at.larder("backup", "restore", "models", point["id"])
    assert got.code == 0 and point["state"] == "running" and early.code == 9 and "not there yet" in early.err, early.err


def test_cli_recovery_people():
    at = Place()
    assert at.larder("backup", "start", "models").code == 0
    at.later("1m")
    table = larder("backup", "ls", env=at.env).out.splitlines()
    assert table[0].split() == ["BEGUN", "SIZE", "STATUS", "EXPIRES", "OF", "ID"] and "COMPLETED" in table[1] and at.files in table[1], table
    jobs = larder("backup", "status", "--all", env=at.env).out.splitlines()
    assert jobs[0].split() == ["BEGUN", "STATUS", "OF", "JOB", "WHY"] and len(jobs) == 2, jobs


def test_cli_recovery_waits_for_the_clock():
    """--wait ends when the mock's clock is there, whoever moves it; killed while it waits, the same command goes on."""
    at = Place()
    command = [LARDER, "database", "restore", "postgresql", "--latest", "--to", "new", "--wait", "--json"]
    waiting = subprocess.Popen(command, env={**ENV, **at.env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while b'"running"' not in waiting.stdout.readline():
        pass
    waiting.send_signal(signal.SIGKILL)
    waiting.wait()
    waiting.stdout.close()
    waiting = subprocess.Popen(command, env={**ENV, **at.env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while b'"running"' not in waiting.stdout.readline():
        pass
    at.later("1m")
    out, _ = waiting.communicate()
    assert waiting.returncode == 0 and b'"endpoint":"new.' in out, out


def test_cli_recovery_a_line_every_half_minute():
    """Off a terminal: what is waited for, and for how long by now."""
    at = Place()
    sleeper = clock.Clock(os.path.join(HOME, "slept"), "LARDER_SLEPT")
    waiting = subprocess.Popen([LARDER, "database", "restore", "postgresql", "--latest", "--to", "new", "--wait"], env={**ENV, **at.env, **sleeper.environment}, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    while "is begun" not in waiting.stderr.readline():
        pass
    sleeper.set(31)
    line = waiting.stderr.readline()
    assert '[database "postgresql"]: restore of pingvas-studio to new: running' in line and re.search(r", for 3[0-9.]+ s$", line), line
    at.later("1m")
    out, err = waiting.communicate()
    assert waiting.returncode == 0 and out == "restore of pingvas-studio to new: done, new.mock.invalid\n" and "is begun" not in err, (out, err)


def test_cli_recovery_a_database():
    at = Place()
    source = read(os.path.join(at.root, "database/.larder-resources/database/pingvas-studio"))
    assert at.larder("database", "restore", "postgresql", "--latest", "--to", "new").code == 9
    at.later("1m")
    done = at.told("action", "database", "restore", "postgresql", "--latest", "--to", "new")[-1]
    assert done["step"] == "done" and done["endpoint"].startswith("new.") and done["left"] == [], done
    assert read(os.path.join(at.root, "database/.larder-resources/database/new")) == source == read(os.path.join(at.root, "database/.larder-resources/database/pingvas-studio"))
    for words, code in ((("--latest", "--to", "pingvas-studio"), 5), (("--at", "2020-01-01T00:00:00Z", "--to", "old"), 2), (("--at", "2020-01-01T00:00:00Z", "--to", "new"), 5), (("--latest", "--to", "9"), 2)):
        got = at.larder("database", "restore", "postgresql", *words)
        assert got.code == code, (words, got.code, got.err)
    assert at.larder("infra", "plan", "--detailed-exitcode").code == 0


def test_cli_recovery_only_looked_at():
    """-n of what was begun: not done (9) with how far it is, until it is; and nothing more is begun by it."""
    at = Place()
    assert at.larder("backup", "start", "models").code == 0
    at.later("3d")
    point, snapshot = at.told("backup", "backup", "ls")[0]["id"], at.told("backup", "database", "snapshots", "postgresql")[0]["id"]
    commands = (("backup", "restore", "models", point), ("database", "restore", "postgresql", "--latest", "--to", "new"), ("database", "copy", "postgresql", snapshot, "--to", "kept"))
    for words in commands:
        assert at.larder(*words, "-n").code == 0 and at.larder(*words).code == 9
        at.later("30s")
        got = at.larder(*words, "-n")
        far = re.search(r"is begun, and not done: (\d+) %", got.err)
        assert got.code == 9 and far and 50 <= int(far[1]) < 100 and "without -n" in got.err and "can be done" not in got.err, (words, got.code, got.err)
        at.later("30s")
        assert at.larder(*words, "-n").code == 0 and at.larder(*words).code == 0, words


def test_cli_recovery_snapshots():
    """One a day for its retention; a copy stays, when those are gone."""
    at = Place()
    at.later("3d")
    three = at.told("backup", "database", "snapshots", "postgresql")
    assert [line["kind"] for line in three] == ["automated"] * 3 and three[0]["begun"] > three[-1]["begun"] and three[0]["begun"].endswith("T03:00:00Z"), three
    got = at.larder("database", "copy", "postgresql", three[-1]["id"], "--to", "kept")
    assert got.code == 9, got.err
    at.later("1m")
    assert at.told("action", "database", "copy", "postgresql", three[-1]["id"], "--to", "kept")[-1]["point"] == "kept"
    for words, code in (((three[0]["id"], "--to", "kept"), 5), (("no", "--to", "x"), 3), ((three[0]["id"], "--to", "x", "--region", "eu-west-1"), 2)):
        got = at.larder("database", "copy", "postgresql", *words)
        assert got.code == code, (words, got.code, got.err)
    at.later("30d")
    manual = [line for line in at.told("backup", "database", "snapshots") if line["kind"] == "manual"]
    assert [(line["id"], line["begun"], line["state"]) for line in manual] == [("kept", three[-1]["begun"], "done")], manual
    assert at.larder("infra", "plan", "--detailed-exitcode").code == 0


def test_cli_recovery_killed_while_it_copies():
    """Files of a backup that has no record go with the next one; what is there is whole."""
    at = Place()
    left = os.path.join(at.root, "backup/.larder-kept/files/0123")
    write(os.path.join(left, "half"))
    assert at.larder("backup", "start", "models").code == 0 and not os.path.exists(left)
    assert len(os.listdir(os.path.dirname(left))) == 1


def test_cli_recovery_of_a_folder_that_holds_the_mock_itself():
    """What a mock keeps is not kept once more, and a restore into what is restored does not go into itself."""
    at = Place()
    write("own/larder.ini", read(os.path.join(SRC, "etc/larder.ini")))
    write("own/profiles/mock.ini", read(os.path.join(SRC, "etc/profiles/mock.ini")).replace(b"root = ${LARDER_ROOT:-./larder-demo}/backup\n", b"root = ${LARDER_ROOT:-./larder-demo}/files/backup\n"))
    at.env = {**at.env, "LARDER_CONFIG": os.path.join(HOME, "own/larder.ini")}
    assert at.larder("infra", "apply").code == 0
    before, kept = facts(at.files), at.files + "/backup/.larder-kept"
    for number in (1, 2):
        at.told("action", "backup", "start", "models")
        at.later("2m")
        assert len(os.listdir(kept + "/files")) == number
    assert not [folder for folder, _, _ in os.walk(kept + "/files") if "/.larder-kept" in folder[len(kept):]] and all(before.items() <= facts(os.path.join(kept, "files", one)).items() for one in os.listdir(kept + "/files"))
    point = at.told("backup", "backup", "ls")[0]["id"]
    into = os.path.join(kept, "files", point)
    assert at.larder("backup", "restore", "models", point, "--to", into).code == 9
    back, = [name for name in os.listdir(into) if name.startswith("aws-backup-restore_")]
    assert facts(os.path.join(into, back)) == before


def two_at_once(at, where, call, one, other):
    """The first stops before that call, in the midst of what it does; the second has ended, or waits for it, when it goes on. What both say."""
    started = [subprocess.Popen([LARDER, "--json", *one], env={**ENV, **at.env, **bad(call)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)]
    assert is_stopped(started[0])
    started.append(subprocess.Popen([LARDER, "--json", *other], env={**ENV, **at.env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    until(started[1], lambda: has_open(started[1], where))
    started[0].send_signal(signal.SIGCONT)
    said = [process.communicate() for process in started]
    return [(process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()) for process, (out, err) in zip(started, said)]


def test_cli_recovery_two_backups_at_once():
    """The second is the job that is under way: one copy, whole."""
    at = Place()
    before, words = facts(at.files), ["backup", "start", "models", "model-cache"]
    both = two_at_once(at, os.path.realpath(at.root) + "/backup/.larder-kept", "symlinkat:stop:1:1", words, words)
    assert [code for code, _, _ in both] == [0, 0], both
    tokens = {line["token"] for _, lines, _ in both for line in lines if line["type"] == "action"}
    assert len(tokens) == 1 and len(os.listdir(at.root + "/backup/.larder-kept/files")) == len(at.told("job", "backup", "status")) == 1, (tokens, both)
    kept, = os.listdir(at.root + "/backup/.larder-kept/files")
    assert facts(at.root + "/backup/.larder-kept/files/" + kept) == before, both


def test_cli_recovery_two_databases_of_one_name_at_once():
    """One is made; whoever comes second is told that it is there."""
    for number in (1, 2):                            # its record, and it
        at, words = Place(), ["database", "restore", "postgresql", "--to", "new"]
        earlier = subprocess.check_output(["date", "-ud", "1 hour ago", "+%FT%TZ"], text=True).strip()
        both = two_at_once(at, os.path.realpath(at.root) + "/database/.larder-kept", "linkat:stop:%d:1" % number, [*words, "--latest"], [*words, "--at", earlier])
        assert [code for code, _, _ in both] == [9, 5] and "a database 'new' is there already" in both[1][2], (number, both)


if __name__ == "__main__":
    run(sys.modules["__main__"])
