#!/usr/bin/env python3
"""larder backup drill on the mock: what a store keeps is restored, compared, measured and reported; whatever is wrong with it is found, and nothing of the drill is left."""
import glob
import hashlib
import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import clock  # noqa: E402
from stopped import bad  # noqa: E402
from tool import ENV, HOME, LARDER, PIPELINE, SPACE, SRC, configured, larder, read, run, tree, write  # noqa: E402

DEMO = os.path.join(HOME, "demo")
STATE = {"XDG_STATE_HOME": os.path.join(HOME, "state")}
MINE = os.path.join(STATE["XDG_STATE_HOME"], "larder")
PRICES = ("[larder]\n", "[larder]\nprices = aws-ap-northeast-2\n")
BUCKET = os.path.join(DEMO, "archive/pingvas-studio-backups")
HOSTILE = ["<script>alert(1)</script>", "a&b\"c'd", "new\nline", "tab\there", "p%20q", "ünder", "\u202egnp.exe"]


def fresh(*changes):
    for folder in (DEMO, STATE["XDG_STATE_HOME"], "data", "drills", "scratch"):
        shutil.rmtree(folder, ignore_errors=True)
    env = {**configured(PIPELINE, *changes), **STATE}
    shutil.copytree(os.path.join(SRC, "etc/prices"), "etc/prices", dirs_exist_ok=True)
    return env


def keep(env, files, kind="STANDARD"):
    """Files of data/, kept below backups:data/."""
    shutil.rmtree("data", ignore_errors=True)
    for name, text in files.items():
        write("data/" + name, text)
    got = larder("put", "-q", "-r", "--class", kind, "data/", "backups:data/", env=env)
    assert got.code == 0, got.err


def drill(*words, code=0, env=None):
    """(keys by what was found of them, what it came to, the run)"""
    got = larder("backup", "drill", "--json", "--report", "drills", *words, env=env)
    assert got.code == code, (got.code, got.out, got.err)
    found = {}
    for line in got.lines():
        if line["type"] == "object":
            found.setdefault(line["action"], []).append(line["src"].partition(":")[2])
    facts = [line for line in got.lines() if line["type"] == "drill"]
    return {action: sorted(names) for action, names in found.items()}, facts[0] if facts else None, got


def nothing_is_left():
    """No state, no scratch; jobs of the archive are told by 'archive status'."""
    assert os.listdir(os.path.join(MINE, "drills")) == [] and glob.glob(MINE + "/scratch/*") == [] and glob.glob("scratch/larder-drill-*") == []


def report(facts, ending):
    return read(facts["report"] + ending).decode()


def forward(by, env):
    assert larder("dev", "clock", by, env=env).code == 0


def test_cli_drill_proves():
    """Every key restored and compared byte for byte, hostile ones too: 0, its figures, three files of a report, and nothing left."""
    env = fresh()
    files = {"a": b"one", "sub/b": b"two" * 5000, "sub/empty": b"", **{"h/" + name: name.encode() for name in HOSTILE}}
    keep(env, files)
    found, facts, got = drill("--source", "data", "backups:data/", env=env)
    assert set(found) == {"copied"} and len(found["copied"]) == len(files), found
    assert (facts["keys"], facts["restored"], facts["compared_with_source"], facts["bytes"]) == (10, 10, 10, sum(map(len, files.values()))), facts
    assert got.summary()["proven"] == 10 and facts["rpo_seconds"] < 120 and facts["rto_seconds"] < 120, facts
    nothing_is_left()
    said = json.loads(report(facts, ".json"))
    assert said["verdict"] == "proven" and said["findings"] == [] and said["restored"] == 10 and said["profile"] == "mock", said
    assert "10 of 10 keys" in report(facts, ".txt") and sorted(os.listdir("drills")) == sorted(os.path.basename(facts["report"]) + end for end in (".html", ".json", ".txt"))
    told = larder("backup", "drill", "--report", "drills", "backups", env=env)
    assert told.code == 0 and "drill of backups\n  verdict        proven\n" in told.out and "none was named: not compared" in told.out, told.out


def test_cli_drill_finds():
    """A flipped bit, another text, what was never kept, what was removed from the source: by key, 6; what is gone from the source is counted."""
    env = fresh()
    keep(env, {"flipped": b"x" * 300, "same": b"same", "other": b"right", "gone": b"gone"})
    (path,) = glob.glob(BUCKET + "/.larder/data/data/flipped*")
    write(path, b"y" + b"x" * 299)
    write("data/other", b"wrong")
    write("data/never", b"kept")
    os.unlink("data/gone")
    for name in ("other", "never"):
        os.utime("data/" + name, (1, 1))                    # older than what was kept
    found, facts, got = drill("--source", "data", "backups:data/", code=6, env=env)
    assert found["differs"] == ["data/flipped", "data/other"] and found["missing"] == ["data/never"], found
    assert (facts["differs"], facts["missing"], facts["source_gone"]) == (2, 1, 1) and (got.summary()["scanned"], got.summary()["proven"]) == (5, 2), (facts, got.out)
    said = json.loads(report(facts, ".json"))
    assert [(one["key"], one["found"]) for one in said["findings"]] == [("data/flipped", "differs"), ("data/never", "missing"), ("data/other", "differs")], said
    assert said["verdict"] == "not what was kept" and all(one["next"] for one in said["findings"])
    nothing_is_left()


def test_cli_drill_newer_source():
    """What was changed since it was kept differs; --newer lets it pass, and counts it. An older one that differs does not pass."""
    env = fresh()
    keep(env, {"a": b"one", "b": b"two"})
    write("data/a", b"new")
    write("data/c", b"new")
    for name in ("a", "c"):
        os.utime("data/" + name, (4e9, 4e9))
    found, _, got = drill("--source", "data", "backups:data/", code=6, env=env)
    assert (found["differs"], found["missing"]) == (["data/a"], ["data/c"]) and "--newer" in got.err, (found, got.err)
    found, facts, _ = drill("--newer", "--source", "data", "backups:data/", env=env)
    assert facts["source_newer"] == 2 and (facts["differs"], facts["missing"]) == (0, 0), facts
    write("data/b", b"owt")
    os.utime("data/b", (1, 1))
    assert drill("--newer", "--source", "data", "backups:data/", code=6, env=env)[0]["differs"] == ["data/b"]


def test_cli_drill_measures():
    """How old the newest was when it began, and how long it took from then on, over several runs."""
    env = fresh()
    keep(env, {"a": b"one"}, "GLACIER")
    drill("backups", code=9, env={**env, **clock.off(2 * 3600)})
    forward("+5h", env)
    _, facts, _ = drill("backups", env={**env, **clock.off(7 * 3600)})
    assert 2 * 3600 <= facts["rpo_seconds"] < 3 * 3600 and 5 * 3600 - 1 <= facts["rto_seconds"] < 6 * 3600, facts


def test_cli_drill_by_a_clock_that_is_behind():
    """How old the newest was nobody can tell, whoever ends what it began: that clocks differ is told, and by how much."""
    env = fresh()
    keep(env, {"a": b"one"}, "GLACIER")
    drill("backups", code=9, env={**env, **clock.off(-2 * 3600)})
    forward("+5h", env)
    _, facts, got = drill("backups", env=env)
    assert "rpo_seconds" not in facts and 7000 < facts["newest_ahead_seconds"] <= 7200 and "so the clocks differ" in got.err, (facts, got.err)
    assert json.loads(report(facts, ".json"))["newest_ahead_seconds"] == facts["newest_ahead_seconds"]


def test_cli_drill_of_nothing():
    """An empty backup, a prefix with nothing below it, a source that is not there, a prefix that is none: named, nothing left."""
    env = fresh()
    keep(env, {"a": b"one"})
    for words, code, text in ((("backups:nothing/",), 3, "an empty backup proves nothing"), (("logs",), 3, "an empty backup proves nothing"), (("--source", "nowhere", "backups"), 3, "nowhere"),
                              (("backups:data",), 2, "ends in '/'"), (("bakups",), 2, "backups"), (("./data",), 2, "in no store"),
                              (("--source", "data", "--to", "data/scratch", "backups:data/"), 2, "would lie in the source")):
        _, facts, got = drill(*words, code=code, env=env)
        assert text in got.err and facts is None, (words, got.err)
        assert not os.path.exists("drills") and not os.path.exists("data/scratch") and glob.glob(MINE + "/drills/*") == [], words
    assert "would lie in the source" in drill("--source", "data", "--to", "scratch/../data/scratch", "backups:data/", code=2, env=env)[2].err and glob.glob("data/scratch/*") == []


def test_cli_drill_sample():
    """So many of them, each with a chance, and no more restored than those; with a source what it has besides is no difference."""
    env = fresh()
    keep(env, {"%02d" % n: b"%d" % n for n in range(20)})
    write("data/never", b"kept")
    seen = set()
    for _ in range(60):
        found, facts, _ = drill("--sample", "4", "--source", "data", "backups:data/", env=env)
        assert len(found["copied"]) == 4 and (facts["keys"], facts["restored"], facts["compared_with_source"]) == (20, 4, 4), (found, facts)
        seen |= set(found["copied"])
    assert len(seen) == 20, seen                  # 1.5e-6 of all runs would miss one of 20


def test_cli_drill_archived():
    """What is archived is asked for, with the price first; 9 until it can be read, and the same command goes on with the same sample. What another request left goes."""
    env = fresh(PRICES)
    keep(env, {"%02d" % n: b"x" * 99 for n in range(9)}, "DEEP_ARCHIVE")
    keep(env, {"plain": b"x"})
    got = larder("backup", "drill", "-n", "--json", "backups", env=env)
    assert got.code == 0 and [(line["class"], line["objects"]) for line in got.lines() if line.get("chosen")] == [("DEEP_ARCHIVE", 9)] and glob.glob(MINE + "/*/*") == [], got.out
    for most, text in (("0.000001", "it would cost"), ("x", "no sum of money")):
        assert text in drill("--max-cost", most, "backups", code=2, env=env)[2].err and glob.glob(MINE + "/drills/*") == []
    words = ("--sample", "5", "--to", "scratch", "backups")
    first, _, got = drill(*words, code=9, env=env)
    assert [line.get("chosen") for line in got.lines()].count(True) == 1 and len(first["asked"]) >= 4 and "same command goes on" in got.err, got.err
    again, _, _ = drill(*words, code=9, env=env)
    assert again == {} and len(os.listdir("scratch")) == 1, again
    forward("+12h", env)
    found, facts, _ = drill(*words, env=env)
    assert sorted(set(found["copied"])) == first["asked"] == found["restored"] and facts["restored"] == 5, (found, first)
    nothing_is_left()
    keep(env, {"late": b"x" * 99}, "DEEP_ARCHIVE")
    drill("--to", "scratch", "backups", code=9, env=env)
    (old,) = os.listdir("scratch")
    write("scratch/larder-drill-0123456789abcdef/theirs", b"")
    drill("--to", "scratch", "--sample", "100", "backups", code=9, env=env)
    assert old not in os.listdir("scratch") and os.path.exists("scratch/larder-drill-0123456789abcdef/theirs") and len(os.listdir("scratch")) == 2, os.listdir("scratch")
    for other in (("--tier", "standard"), ("--days", "3"), ("--source", "data")):
        before = set(os.listdir("scratch"))
        drill("--to", "scratch", *other, "backups", code=9, env=env)
        assert len(os.listdir("scratch")) == 2 and len(before - set(os.listdir("scratch"))) == 1, other


def test_cli_drill_tells_the_price_of_what_it_asks_for_again():
    """All copies ended before the same drill came again: the price is told anew, with what was spent."""
    env = fresh(PRICES)
    keep(env, {"a": b"one", "b": b"two"}, "GLACIER")
    for paid in (None, 2):
        _, _, got = drill("--tier", "expedited", "--max-cost", "0.05", "--days", "1", "backups", code=9, env=env)
        told = [line for line in got.lines() if line["type"] == "estimate" and line["chosen"]]
        assert [(line["objects"], line.get("paid_objects")) for line in told] == [(2, paid)], (paid, told)
        forward("+6m", env)
        forward("+3d", env)


def test_cli_drill_of_what_changes_meanwhile():
    """Removed, or overwritten, while it is being restored: told by name, and the rest is proven."""
    env = fresh()
    keep(env, {"a": b"one", "b": b"two", "c": b"three"}, "GLACIER")
    drill("backups", code=9, env=env)
    assert larder("put", "-q", "--class", "GLACIER", "-", "backups:data/a", stdin=b"new", env=env).code == 0
    assert larder("rm", "-q", "backups:data/b", env=env).code == 0
    forward("+5h", env)
    found, facts, got = drill("backups", code=6, env=env)
    assert "data/a" in found["failed"] and found["missing"] == ["data/b"] and "overwritten since" in got.err and (facts["failed"], facts["missing"], got.summary()["proven"]) == (1, 1, 1), (found, got.out, got.err)


def test_cli_drill_of_what_came_meanwhile():
    """Kept after the drill began: it is none of its keys, and not told as never kept."""
    env = fresh()
    keep(env, {"a": b"one"}, "GLACIER")
    words = ("--source", "data", "backups:data/")
    drill(*words, code=9, env=env)
    write("data/late", b"late")
    assert larder("put", "-q", "--class", "STANDARD", "data/late", "backups:data/late", env=env).code == 0
    forward("+5h", env)
    _, facts, got = drill(*words, env=env)
    assert (facts["restored"], facts["missing"], got.summary()["proven"]) == (1, 0, 1), facts


def test_cli_drill_tells_what_was_found_before():
    """What was found of one while another was on its way is in the report of the run that comes to the end, though one was killed while it wrote that down. Where its scratch is gone, it begins anew."""
    env = fresh()
    keep(env, {"a": b"one"}, "GLACIER")
    assert larder("put", "-q", "--class", "DEEP_ARCHIVE", "-", "backups:data/b", stdin=b"two", env=env).code == 0
    drill("backups", code=9, env=env)
    assert larder("put", "-q", "--class", "STANDARD", "-", "backups:data/a", stdin=b"new", env=env).code == 0
    forward("+5h", env)
    assert drill("backups", code=9, env=env)[0]["failed"] == ["data/a"]
    (path,) = glob.glob(MINE + "/drills/*/found")
    with open(path, "ab") as file:
        file.write(b"\7" * 9)
    assert larder("put", "-q", "--class", "STANDARD", "-", "backups:data/b", stdin=b"new", env=env).code == 0
    write("drills")
    forward("+7h", env)
    assert drill("--report", "drills/x", "backups", code=2, env=env)[0]["failed"] == ["data/b"]
    os.unlink("drills")
    _, facts, _ = drill("backups", code=5, env=env)
    assert facts["failed"] == 2 and [one["key"] for one in json.loads(report(facts, ".json"))["findings"]] == ["data/a", "data/b"], facts
    keep(env, {"a": b"one"}, "GLACIER")
    forward("+30d", env)
    drill("backups", code=9, env=env)
    shutil.rmtree(glob.glob(MINE + "/scratch/*")[0])
    got = drill("backups", code=9, env=env)[2]
    assert "estimate" not in got.out and len(glob.glob(MINE + "/scratch/*")) == 1, "begun anew, and what is on its way costs nothing more"


def test_cli_drill_tries_a_sync_again():
    """What could not be fetched by a run that made no report is tried again by the next, and what was mended meanwhile is proven."""
    env = fresh()
    keep(env, {"a": b"x" * 300, "b": b"two"})
    (path,) = glob.glob(BUCKET + "/.larder/data/data/a*")
    write(path, b"y" + b"x" * 299)
    write("drills")
    words = ("--report", "drills/x", "backups:data/")
    assert drill(*words, code=2, env=env)[0]["differs"] == ["data/a"] and len(os.listdir(MINE + "/drills")) == 1
    write(path, b"x" * 300)
    os.unlink("drills")
    found, facts, got = drill(*words, env=env)
    assert "differs" not in found and got.summary()["proven"] == 2, (found, facts)
    nothing_is_left()


def test_cli_drill_report_of_a_long_name():
    """What it is of may be longer than the name of a file: that has its beginning, and what tells it from others."""
    env = fresh()
    long = "data/" + "/".join(letter * 100 for letter in "abc") + "/"
    write("one", b"x")
    assert larder("put", "-q", "--class", "STANDARD", "one", "backups:" + long + "one", env=env).code == 0
    _, facts, _ = drill("backups:" + long, env=env)
    name = os.path.basename(facts["report"])
    assert name.startswith("drill-backups-data-aaaaa") and len(os.listdir("drills")) == 3 and json.loads(report(facts, ".json"))["restored"] == 1, name
    nothing_is_left()


def test_cli_drill_room():
    """A disk that is too small is told with what is needed, before anything is fetched."""
    env = fresh()
    keep(env, {"a": b"x" * (3 << 20)})
    os.makedirs("scratch")
    script = 'mount -t tmpfs -o size=1m none scratch && "$@"; code=$?; ls scratch; exit $code'
    got = subprocess.run([*SPACE, "sh", "-c", script, "sh", LARDER, "backup", "drill", "--to", "scratch", "backups"], env={**ENV, **env}, capture_output=True, text=True)
    assert got.returncode == 7 and "needs 3.0 MiB" in got.stderr and "--sample fewer" in got.stderr and got.stdout == "", (got.stdout, got.stderr)
    assert glob.glob(MINE + "/drills/*") == []


def test_cli_drill_keeps():
    """--keep: what was restored lies there, as it was kept."""
    env = fresh()
    keep(env, {"a": b"one", "sub/b": b"two"})
    _, facts, _ = drill("--keep", "--to", "scratch", "backups", env=env)
    assert {name.decode(): text for name, text in tree(facts["scratch"]).items()} == {"data/a": b"one", "data/sub/b": b"two"} and facts["scratch"].startswith(os.path.join(HOME, "scratch/larder-drill-"))
    assert os.listdir(os.path.join(MINE, "drills")) == []


def test_cli_drill_killed_anywhere():
    """Before its calls in turn: the same command then ends as an undisturbed one does, and leaves nothing of either."""
    words = ("--to", "scratch", "--source", "data", "backups:data/")
    kills = 0
    for call in ("write", "linkat", "renameat", "unlinkat", "mkdirat"):
        for number in range(1, 200, 3):
            env = fresh()
            keep(env, {"a": b"one", "sub/b": b"two", "c": b"three"})
            done = subprocess.run([LARDER, "backup", "drill", "-q", "--report", "drills", *words], capture_output=True,
                                  env={**ENV, **env, **bad("%s:kill:%d" % (call, number))})
            if done.returncode == 0:
                break                           # no such call any more
            assert done.returncode == -signal.SIGKILL, (call, number, done.stderr)
            kills += 1
            _, facts, got = drill(*words, env=env)
            assert facts["compared_with_source"] == 3 and got.summary()["proven"] == 3, (call, number, facts)
            nothing_is_left()
    assert kills > 8, kills


def test_cli_drill_one_at_a_time():
    """Two of one store at once: the second is told, 5, and touches nothing."""
    env = fresh()
    keep(env, {"a": b"one"}, "DEEP_ARCHIVE")
    drill("backups", code=9, env=env)
    (folder,) = glob.glob(MINE + "/drills/*")
    with subprocess.Popen(["flock", "-x", folder, "-c", "echo; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        assert "another process is at a drill of 'backups'" in drill("backups", code=5, env=env)[2].err
        holder.communicate(b"\n")
    drill("backups", code=9, env=env)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs), attrs

    def handle_data(self, data):
        self.text.append(data)


GOLDEN = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Drill of backups</title>
<style>body { font: 15px sans-serif; margin: 2em } th { text-align: left; vertical-align: top; padding-right: 1em } td { overflow-wrap: anywhere }</style>
<h1>Drill of <bdi>backups</bdi></h1>
<table>
<tr><th>verdict</th><td>not what was kept</td></tr>
<tr><th>begun</th><td>TIME</td></tr>
<tr><th>ended</th><td>TIME</td></tr>
<tr><th>restored</th><td>2 of 2 keys, 1 B</td></tr>
<tr><th>manifests</th><td>there are none: each key is proven by the checksum that its store has</td></tr>
<tr><th>source</th><td>none was named: not compared</td></tr>
<tr><th>found</th><td>1 differ, 0 missing, 0 extra, 0 failed</td></tr>
<tr><th>RPO</th><td>SPAN: the newest was kept TIME</td></tr>
<tr><th>RTO</th><td>SPAN until all was restored and compared</td></tr>
</table>
<table>
<tr><th>differs</th><td><bdi>data/&lt;b&gt;&amp;&quot;&#39;\\x0a</bdi></td><td>TEXT</td></tr>
</table>
</html>
"""


def test_cli_drill_page():
    """The page as it is; whatever keys are called, it has no element but its own, and asks nobody for anything."""
    env = fresh()
    keep(env, {"<b>&\"'\n": b"x", "sound": b"x"})
    (path,) = glob.glob(BUCKET + "/.larder/data/data/*b*@*")
    write(path, b"y")
    page = report(drill("backups", code=6, env=env)[1], ".html")
    page = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", page)
    page = re.sub(r"<td>[^<:]* (ms|s)(:| until)", r"<td>SPAN\2", re.sub(r"</bdi></td><td>[^<]*", "</bdi></td><td>TEXT", page))
    assert page == GOLDEN, page
    keep(env, {name: b"x" for name in HOSTILE})
    for path in glob.glob(BUCKET + "/.larder/data/data/**/*@*", recursive=True):
        write(path, b"y")
    parsed = Page()
    parsed.feed(report(drill("backups", code=6, env=env)[1], ".html"))
    assert parsed.tags == {"html", "meta", "title", "style", "h1", "bdi", "table", "tr", "th", "td"}, parsed.tags
    assert "data/<script>alert(1)</script>" in parsed.text, parsed.text


# ---- with manifests ----

MANIFESTS = ("manifests = backups:manifests", "manifests = backups:runs")


def manifest(env, *changes):
    """One that tells of what is kept, as the store tells it, but for these changes: (key, {member: value}), None: no such line."""
    lines = {}
    for line in larder("ls", "-r", "--json", "backups:data/", env=env).lines():
        if line["type"] == "object":
            told = json.loads(larder("stat", "--json", "backups:" + line["key"], env=env).out.splitlines()[1])
            lines[line["key"]] = {"key": line["key"], "size": told["size"], "etag": told["etag"], "time": told["time"],
                                  "checksum": {"algorithm": told["checksum_type"], "value": told["checksum"]}}
    for key, change in changes:
        if change is None:
            del lines[key]
        else:
            line = {**lines.get(key, {"key": key, "size": 1, "time": "2026-01-01T00:00:00Z"}), **change}
            lines[key] = {member: value for member, value in line.items() if value is not None}
    text = b"".join(json.dumps(line).encode() + b"\n" for line in ({"larder-manifest": 1, "store": "backups"}, *lines.values()))
    end = {"count": len(lines), "bytes": sum(line["size"] for line in lines.values()), "sha256": hashlib.sha256(text).hexdigest()}
    assert larder("put", "-q", "--class", "STANDARD", "-", "backups:runs/backups/1.ndjson", stdin=text + json.dumps(end).encode() + b"\n", env=env).code == 0


def test_cli_drill_manifests():
    """Each key as its manifest tells; the manifests themselves are no part of it, and what none tells of is counted."""
    env = fresh(MANIFESTS)
    keep(env, {"a": b"one", "b": b"two", "c": b""})
    manifest(env, ("data/b", None))
    _, facts, got = drill("backups", env=env)
    assert (facts["keys"], facts["manifests"], facts["compared_with_manifest"], facts["not_in_manifest"]) == (3, 1, 2, 1) and got.summary()["proven"] == 3, facts
    assert "1 of them tell of 2 of these keys, and nothing of 1" in report(facts, ".txt")
    env = fresh()
    keep(env, {"before": b"x"})
    write("data/more", b"y")
    assert larder("sync", "-q", "data", "backups:data/", env=env).code == 0    # which leaves a manifest of what it wrote
    (kind,) = {line["class"] for line in larder("ls", "--json", "backups:data/more", env=env).lines() if line["type"] == "object"}
    assert kind == "DEEP_ARCHIVE"
    drill("backups:data/", code=9, env=env)
    forward("+12h", env)
    _, facts, _ = drill("backups:data/", env=env)
    assert (facts["keys"], facts["manifests"], facts["compared_with_manifest"], facts["not_in_manifest"]) == (2, 1, 1, 1), facts


def test_cli_drill_manifests_tell_more():
    """A store that is sound in itself and not what was written: other bytes, another length, emptied, written again where no versions are kept and each is "null", gone: each by key, 6. A manifest that was changed ends it."""
    env = fresh(MANIFESTS)
    keep(env, {name: b"text" for name in ("other", "longer", "emptied", "same", "version")})
    kept = json.loads(larder("stat", "--json", "backups:data/same", env=env).out.splitlines()[1])
    for name, text in (("other", b"xett"), ("longer", b"text more"), ("emptied", b"")):
        assert larder("put", "-q", "--class", "STANDARD", "-", "backups:data/" + name, stdin=text, env=env).code == 0
    was = {"size": 4, "checksum": {"algorithm": kept["checksum_type"], "value": kept["checksum"]}}
    manifest(env, *(("data/" + name, was) for name in ("other", "longer", "emptied")), ("data/version", {"checksum": None, "version": "null", "etag": "an older one"}), ("data/gone", {"size": 9}))
    found, facts, got = drill("backups", code=6, env=env)
    assert found["differs"] == ["data/emptied", "data/longer", "data/other", "data/version"] and found["missing"] == ["data/gone"], (found, got.err)
    assert "0 bytes came, and 4 were written" in got.err and "'1.ndjson' tells of 9 bytes" in got.err and "another version" in got.err, got.err
    assert (facts["keys"], facts["differs"], facts["missing"], got.summary()["scanned"], got.summary()["proven"]) == (6, 4, 1, 6, 1), facts
    gone = 0
    for _ in range(40):
        gone += "missing" in drill("--sample", "3", "backups", code=6, env=env)[0]     # one of six: three of six are drawn
    assert 2 < gone < 38, gone                    # 1.5e-9 of all runs would not have it so
    path = os.path.join(BUCKET, ".larder/data/runs/backups")
    (path,) = glob.glob(path + "/1.ndjson*")
    text = read(path)
    os.unlink(os.path.join(BUCKET, "runs/backups/1.ndjson"))
    assert larder("put", "-q", "--class", "STANDARD", "-", "backups:runs/backups/1.ndjson", stdin=text.replace(b"data/same", b"data/sane"), env=env).code == 0
    assert "was changed" in drill("backups", code=6, env=env)[2].err and glob.glob(MINE + "/drills/*") == []


def test_cli_drill_total_loss():
    """Nothing is left of what manifests tell of: a report in which all of it is missing, once each, and kept when they say. Also of a source that has nothing more."""
    env = fresh(MANIFESTS)
    keep(env, {"a": b"one", "sub/b": b"two"})
    manifest(env)
    assert larder("rm", "-q", "-r", "backups:data/", env=env).code == 0
    for source, what in (("data", ("data/a", "data/sub/b")), ("data", ()), ("images:data/", ())):
        found, facts, got = drill("--source", source, "backups:data/", code=6, env=env)
        assert found == {"missing": ["data/a", "data/sub/b"]} and (facts["keys"], facts["restored"], facts["missing"], facts["compared_with_source"]) == (2, 2, 2, 0), (found, facts)
        assert facts["rpo_seconds"] < 600 and got.summary()["proven"] == 0 and json.loads(report(facts, ".json"))["verdict"] == "not what was kept", facts
        nothing_is_left()
        for name in what:
            os.unlink(name)


def test_cli_drill_a_part_of_what_is_archived_is_lost():
    """One object, one bundle, one index: each is missing, 6 and a report, as where nothing is archived; a dry run tells what the others cost."""
    for kind, flags, lose in (("GLACIER_IR", (), "f1"), ("DEEP_ARCHIVE", (), "f1"), ("GLACIER_IR", ("--pack",), ".tar"), ("GLACIER", ("--pack",), ".index"), ("GLACIER", ("--pack",), ".tar")):
        env = fresh()
        for name in ("f1", "f2"):
            write("data/" + name, name.encode() * 300)
        got = larder("archive", "put", "-q", *flags, "--class", kind, "data/", "backups:a/", env=env)
        assert got.code == 0, got.err
        (lost,) = [line["key"] for line in larder("ls", "-r", "--json", "backups:a/", env=env).lines() if line["type"] == "object" and line["key"].endswith(lose)]
        assert larder("rm", "-q", "backups:" + lost, env=env).code == 0
        drill("-n", "backups:a/", env=env)
        if kind != "GLACIER_IR" and lose != ".tar":
            drill("backups:a/", code=9, env=env)
            forward("+50h", env)
        found, facts, got = drill("backups:a/", code=6, env=env)
        assert found["missing"] == [lost] and facts["missing"] == 1 and facts["differs"] == facts["failed"] == 0, (kind, flags, lost, found, facts, got.err)
        assert json.loads(report(facts, ".json"))["verdict"] == "not what was kept"
        nothing_is_left()


def test_cli_drill_a_sample_is_of_what_is_kept():
    """An index is no part of it: of one bundle a sample of one is that bundle, however often it is drawn."""
    env = fresh()
    for name in ("f1", "f2"):
        write("data/" + name, name.encode() * 300)
    assert larder("archive", "put", "-q", "--pack", "--class", "GLACIER_IR", "data/", "backups:a/", env=env).code == 0
    for _ in range(12):                            # of two that were drawn alike, 1 in 4096 of all runs would not tell
        _, facts, _ = drill("--sample", "1", "backups:a/", env=env)
        assert (facts["keys"], facts["restored"]) == (1, 1) and facts["bytes"] > 1200, facts


def test_cli_drill_page_of_many():
    """The page has the first thousand; of the others it tells how many, and where they are: the file for programs has all."""
    env = fresh(MANIFESTS)
    keep(env, {"a": b"one"})
    manifest(env, *(("data/gone-%04d" % n, {}) for n in range(1002)))
    _, facts, _ = drill("backups", code=6, env=env)
    page = report(facts, ".html")
    assert page.count("<tr><th>missing</th>") == 1000 and "gone-0999" in page and "gone-1000" not in page and "<p>And 2 more: " in page, page[-999:]
    assert len(json.loads(report(facts, ".json"))["findings"]) == facts["missing"] == 1002 and "gone-1001" in report(facts, ".txt")


# ---- in bundles ----

def test_cli_drill_bundles():
    """Small files come out of their bundles, archived with them, and are held against their source; of a bundle with one flipped bit that member alone fails, and what was never kept is told."""
    env = fresh()
    files = {"one": b"1" * 700, "sub/two": b"2" * 900, "sub/three": b"3" * 800}
    for name, text in files.items():
        write("data/" + name, text)
    assert larder("archive", "put", "-q", "--pack", "--class", "GLACIER", "data/", "backups:p/", env=env).code == 0
    words = ("--source", "data", "backups:p/")
    found, _, _ = drill(*words, code=9, env=env)
    assert len(found["asked"]) == 1 and found["asked"][0].endswith(".tar"), found
    forward("+5h", env)
    _, facts, got = drill(*words, env=env)
    assert (facts["keys"], facts["restored"], facts["compared_with_source"], facts["compared_with_manifest"], facts["source_gone"]) == (2, 2, 3, 2, 0) and facts["bytes"] > 2400, facts
    assert got.summary()["proven"] == 2, got.out
    nothing_is_left()
    (path,) = glob.glob(BUCKET + "/.larder/data/p/bundle-*.tar%@*") + [one for one in glob.glob(BUCKET + "/.larder/data/p/bundle-*.tar*") if ".index" not in one and "%@" not in one]
    text = read(path)
    write(path, text.replace(b"2" * 900, b"2" * 899 + b"3"))
    write("data/never", b"kept")
    os.utime("data/never", (1, 1))
    found, facts, got = drill(*words, code=6, env=env)
    assert found["differs"] == ["p/sub/two"] and found["missing"] == ["p/never"] and (facts["compared_with_source"], facts["differs"], facts["missing"]) == (2, 1, 1), (found, facts, got.err)
    assert (got.summary()["scanned"], got.summary()["proven"]) == (4, 2), got.out
    nothing_is_left()


# ---- of a file system ----

BACK = "aws-backup-restore_2026-03-03T10-20-30-123Z"
FILES = {"flux/a.safetensors": b"a" * 5000, "sdxl/b": b"b", "sdxl/deep/c": b""}


def file_system(env, *restored):
    """A mount with the files of [filesystem "model-cache"], and one where each of these restores made its folder, with a file of somebody else beside."""
    for folder in ("demo/files", "back"):
        shutil.rmtree(folder, ignore_errors=True)
    for name, text in FILES.items():
        write("demo/files/" + name, text)
        for folder in restored:
            write("back/%s/%s" % (folder, name), text)
    write("back/lost+found/x", b"")
    write("back/theirs", b"")
    return ("--restored", "back", "model-cache")


def of_files(*words, code=0, env=None):
    found, facts, got = drill(*words, code=code, env=env)
    return {action: [name.rpartition(BACK + "/")[2] for name in names] for action, names in found.items()}, facts, got


def test_cli_drill_file_system():
    """c-F01: inside the folder that the restore made: equal trees are 0, though strays lie beside it; a changed, a missing, an extra file are 6, by path."""
    env = fresh()
    words = file_system(env, BACK)
    found, facts, got = of_files(*words, env=env)
    assert (facts["restored"], facts["compared_with_source"], got.summary()["proven"]) == (3, 3, 3) and len(found["skipped"]) == 2 and "back/theirs" in got.out, (found, facts)
    for name in tree("back/" + BACK):
        for path in (os.path.join("demo/files", name.decode()), os.path.join("back", BACK, name.decode())):
            os.utime(path, (1700000000, 1700000000))
    assert of_files(*words, env=env)[1]["newest"] == "2023-11-14T22:13:20Z"          # no file of it is newer
    for path, text, finding in (("flux/a.safetensors", b"b" * 5000, "differs"), ("sdxl/new", b"", "extra")):
        words = file_system(env, BACK)
        write("back/%s/%s" % (BACK, path), text)
        found, facts, got = of_files(*words, code=6, env=env)
        assert facts[finding] == 1 and any(path in line["src"] for line in got.lines() if line.get("action") == finding), (path, got.out)
        assert [one["found"] for one in json.loads(report(facts, ".json"))["findings"]] == [finding] and path in report(facts, ".html"), path
    words = file_system(env, BACK)
    os.unlink("back/%s/sdxl/b" % BACK)
    _, facts, got = of_files(*words, code=6, env=env)
    assert facts["missing"] == 1 and "demo/files/sdxl/b" in got.err and (got.summary()["scanned"], got.summary()["proven"]) == (3, 2), got.err


def test_cli_drill_file_system_never_across_two():
    """c-F01: of two restores one is to be named, and alone is compared; none, and one without a file, are failures."""
    env = fresh()
    other = BACK.replace("03-03", "04-04")
    words = file_system(env, BACK, other)
    os.unlink("back/%s/sdxl/b" % BACK)
    os.unlink("back/%s/flux/a.safetensors" % other)
    got = drill(*words, code=5, env=env)[2]
    assert BACK in got.err and other in got.err, got.err
    for folder, path in ((BACK, "sdxl/b"), (other, "flux/a.safetensors")):
        _, facts, got = drill("--restored", "back/" + folder, "model-cache", code=6, env=env)
        assert (facts["missing"], facts["differs"], facts["extra"]) == (1, 0, 0) and "demo/files/" + path in got.err, got.err
    words = file_system(env)
    assert "no restore made a folder" in drill(*words, code=6, env=env)[2].err
    os.makedirs("back/%s/sdxl" % BACK)
    shutil.rmtree("drills", ignore_errors=True)
    assert "nothing was restored" in drill(*words, code=6, env=env)[2].err and not os.path.exists("drills")


def test_cli_drill_file_system_by_its_backup():
    """The newest that its [backup] keeps, restored by the mock into a folder of its own: 9 while it is on its way, and the same command goes on; what was the same is removed again, what differs stays."""
    env = fresh()
    file_system(env)
    got = drill("model-cache", code=3, env=env)[2]
    assert glob.glob(MINE + "/drills/*") == [], got.err
    assert larder("infra", "apply", "-q", "--only", "backup/models", env=env).code == 0
    assert "an empty backup proves nothing" in drill("model-cache", code=3, env=env)[2].err and glob.glob(MINE + "/drills/*") == []
    assert larder("backup", "start", "-q", "models", env=env).code == 0
    forward("+1m", env)
    (point,) = [line["id"] for line in larder("backup", "ls", "--json", env=env).lines() if line["type"] == "backup"]
    _, facts, _ = drill("-n", "model-cache", env=env)
    assert (facts["keys"], facts["restored"], facts["point"]) == (1, 1, point) and glob.glob(MINE + "/drills/*") == [], facts
    for _ in range(2):
        assert "the same command goes on with it" in drill("model-cache", code=9, env=env)[2].err
    forward("+1m", env)
    _, facts, got = drill("model-cache", env=env)
    assert (facts["restored"], facts["compared_with_source"], facts["point"]) == (3, 3, point) and got.summary()["proven"] == 3 and "scratch" not in facts, facts
    assert sorted(name for name in os.listdir("demo/files") if name[0] != ".") == ["flux", "sdxl"] and glob.glob(MINE + "/drills/*") == []
    assert point in report(facts, ".html") and json.loads(report(facts, ".json"))["point"] == point
    write("demo/files/sdxl/b", b"c")
    os.utime("demo/files/sdxl/b", (1, 1))
    drill("model-cache", code=9, env=env)
    forward("+1m", env)
    found, facts, _ = drill("model-cache", code=6, env=env)
    assert facts["differs"] == 1 and found["differs"][0].endswith("/sdxl/b") and tree(facts["scratch"])[b"sdxl/b"] == b"b", (found, facts)


def test_cli_drill_file_system_backed_up_by():
    """Where it names no [backup] it is the one that names it; another section of the same name is not it."""
    for named, code, text in (("model-cache", 3, "efs-models-daily-backup"), ("filesystem/model-cache", 3, "efs-models-daily-backup"), ("database/model-cache", 2, "nothing backs up")):
        env = fresh(("backup = models\n", ""), ("resources = model-cache\n", "resources = %s\n" % named))
        file_system(env)
        assert text in drill("model-cache", code=code, env=env)[2].err, named


def test_cli_drill_file_system_inside():
    """Where the file system took its own restore, with folders of others and a file called like one: these are no part of it, and none of them is told."""
    env = fresh()
    file_system(env)
    other = BACK.replace("03-03", "04-04")
    shutil.copytree("demo/files", "kept")
    shutil.copytree("kept", "demo/files/" + BACK)
    write("demo/files/%s/sdxl/b" % other, b"another")
    write("demo/files/sdxl/x-restore_y", b"a file")
    write("demo/files/%s/sdxl/x-restore_y" % BACK, b"a file")
    _, facts, got = drill("--restored", "demo/files/" + BACK, "model-cache", env=env)
    assert (facts["restored"], facts["compared_with_source"]) == (4, 4) and got.summary()["scanned"] == 4, facts
    _, facts, _ = drill("--restored", "demo/files/%s//" % BACK, "model-cache", env=env)
    assert facts["compared_with_source"] == 4, facts
    shutil.rmtree("kept")


run(sys.modules[__name__])
