#!/usr/bin/env python3
"""Every error says what is wrong, with which object, and what to do next."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import BUILD, COMMANDS, ENV, LARDER, SRC, Ran, larder, run, write  # noqa: E402

CONF = "conf/larder.ini"


def configured(text, profile=""):
    """The pipeline of etc/ with further lines behind it, and a mock profile with others."""
    shutil.rmtree("conf", True)
    os.makedirs("conf/profiles")
    for name, more in (("larder.ini", text), ("profiles/mock.ini", profile)):
        with open(os.path.join(SRC, "etc", name)) as file:
            write(os.path.join("conf", name), (file.read() + more).encode())


# arguments, exit code, the object that is named, a word of the next step
WRONG = [
    (["lss"], 2, "lss", "larder ls"),
    (["image", "ingets"], 2, "image ingets", "image ingest"),
    (["image"], 2, "image", "--help"),
    (["ls", "--recursvie", "images:"], 2, "--recursvie", "--recursive"),
    (["ls", "--zzz"], 2, "--zzz", "larder ls --help"),
    (["ls", "--jobs"], 2, "--jobs", "--jobs=N"),
    (["--jobs", "x", "ls", "images:"], 2, "'--jobs' is 'x'", "whole number"),
    (["--jobs", "2000", "ls", "images:"], 2, "'--jobs' is '2000'", "0 to 1024"),
    (["--memory", "1", "ls", "images:"], 2, "'--memory' is '1'", "MiB"),
    (["--memory", "9999999999999GB", "ls", "images:"], 2, "'--memory' is '9999999999999GB'", "8MiB"),
    (["--color", "red", "ls", "images:"], 2, "'--color' is 'red'", "auto|always|never"),
    (["--profile", "mokc", "ls", "images:"], 2, "mokc", "mock"),
    (["--profile", "../mock", "ls", "images:"], 2, "../mock", "profiles/"),
    (["--config", "none.ini", "ls", "images:"], 2, "none.ini", "--config FILE"),
    (["--module-dir", "none", "ls", "images:"], 3, "none", "module list"),
    (["ls"], 2, "ls", "--help"),
    (["ls", "imagse:"], 2, "imagse", "images"),
    (["ls", "images:none/"], 3, "images:none/", "larder ls"),
    (["ls", "./here"], 2, "./here", "STORE:KEY"),
    (["stat", "images:none"], 3, "none", "larder ls"),
    (["stat", "images:"], 2, "images:", "key"),
    (["stat", "s3://bucket/key"], 2, "s3://bucket/key", "STORE:KEY"),
    (["--json", "cat", "images:a"], 2, "larder cat", "larder get"),
    (["du", "images:none"], 3, "images:none", "larder ls"),
    (["put", "none", "images:x"], 3, "none", "path"),
    (["put", ".", "images:x/"], 2, "'.'", "--recursive"),
    (["put", "file", "images:" + "k" * 1025], 2, "1025", "shorter"),
    (["put", "file", "file", "images:x"], 2, "images:x", "'/'"),
    (["put", "--metadata", "x", "file", "images:x"], 2, "'x'", "NAME=VALUE"),
    (["put", "--class", "STANDRAD", "file", "images:x"], 2, "STANDRAD", "STANDARD"),
    (["get", "images:a", "images:b"], 2, "images:b", "larder cp"),
    (["get", "images:a", "-"], 2, "standard output", "larder cat"),
    (["get", "images:none", "./x"], 3, "none", "larder ls"),
    (["get", "images:", "./x"], 2, "images:", "--recursive"),
    (["get", "--create-only", "images:a", "file"], 5, "file", "--create-only"),
    (["cp", "images:a", "images:a"], 5, "images:a", "destination"),
    (["mv", "images:a", "images:a"], 5, "images:a", "destination"),
    (["mv", "file", "file"], 5, "file", "destination"),
    (["rm", "images:"], 2, "images:", "--recursive"),
    (["rm", "file"], 2, "file", "STORE:KEY"),
    (["rm", "images:none"], 3, "none", "larder ls"),
    (["image", "ingest", "none.png", "--user", "u"], 3, "none.png", "path"),
    (["image", "ingest", ".", "--user", "u"], 2, "'.'", "--recursive"),
    (["image", "ingest", "--batch", "none"], 3, "none", "path"),
    (["image", "ingest", "file", "--at", "noon"], 2, "noon", "--help"),
    (["image", "ingest", "file"], 2, "user is empty", "--user NAME"),
    (["image", "ingest", "file", "--user", ".."], 2, "'..'", "another user"),
    (["image", "ingest", "file", "--user", "a/b"], 2, "'a/b'", "another user"),
    (["image", "ingest", "file", "--user", "u", "--job", "a\nb"], 2, "control byte", "another job"),
    (["put", "--metadata", "k=a\nb", "file", "images:x"], 2, "'k'", "take it out"),
    (["put", "--metadata", "k=" + "v" * 3000, "file", "images:x"], 2, "3001 bytes, at most 2048", "give less"),
    (["module", "info", os.path.join(BUILD, "tests/module/.libs/driver-bad-null-open.so")], 2, "open, list", "its author"),
    (["config", "explain", "backend.objects.versionin"], 3, "versionin", "'versioning'"),
    (["image", "probe", "none.png"], 3, "none.png", "path"),
    (["config", "explain", "store.images"], 2, "store.images", "config show --all store.images"),
    (["config", "explain", "images"], 2, "images", "store.images.bucket"),
    (["config", "explain", "store.imagse.bucket"], 3, "imagse", "images"),
    (["config", "explain", "store.images.buckte"], 3, "buckte", "bucket"),
    (["config", "explain", "store.images.zzzzzz"], 3, "zzzzzz", "config show"),
    (["config", "show", "nothing"], 3, "nothing", "config show"),
    (["module", "info", "none"], 3, "none", "module list"),
    (["module", "info", "./driver-none.so"], 3, "driver-none.so", "module list"),
    (["module", "check", "none"], 2, "none", "--help"),
    (["module", "new", "driver", "Bad"], 2, "Bad", "--help"),
    (["completion", "tcsh"], 2, "tcsh", "--help"),
    (["help", "none"], 2, "none", "larder help"),
]
VARIABLES = [
    ("LARDER_JOBS", "x", 2, "'LARDER_JOBS' is 'x'", "whole number"),
    ("LARDER_MEMORY", "1", 2, "'LARDER_MEMORY' is '1'", "MiB"),
    ("LARDER_MANIFESTS", "bakcups:runs", 2, "the store 'bakcups'", "'backups'"),
    ("LARDER_MANIFESTS", "backups:/", 2, "not 'backups:/'", "prefix of their own"),
    ("LARDER_PROFILE", "mokc", 2, "mokc", "mock"),
    ("LARDER_PROFILE", "", 2, "no profile", "--profile"),
    ("LARDER_CONFIG", "none.ini", 2, "none.ini", "--config FILE"),
    ("LARDER_CONFIG", "", 2, "no pipeline file", "/larder/etc' has one"),
]
# lines behind the pipeline, what is named, a word of the next step
LINES = [
    ("[stroe \"x\"]\n", "stroe", "store"),
    ("[store]\n", "store", "larder.ini(5)"),
    ("[store \"x\"]\nbuckte = y\n", "buckte", "bucket"),
    ("[store \"x\"]\nzzzzzzzz = y\n", "zzzzzzzz", "keys here are"),
    ("[store \"x\"]\nbackend = objcets\nbucket = y\n", "objcets", "objects"),
    ("[store \"x\"]\nbackend = objects\n", "'x'", "larder.ini(5)"),
    ("[store \"x\"]\nbackend = objects\nbucket = ${NONE_OF_THAT_NAME}\n", "NONE_OF_THAT_NAME", "larder.ini(5)"),
    ("  bucket = y\n", "white space", "first column"),
    ("[pipeline \"x\"]\nencode = png\n", "'store'", "add it"),
    ("[pipeline \"x\"]\nstore = images\nmax-frames = 0\n", "max-frames", "give"),
    ("[pipeline \"x\"]\nstore = images\nkey = {user}.{ext}\n", "'key'", "larder.ini(5)"),
]


def told(got):
    """Messages and next steps, as people read them; the profile's line and the sums are no errors."""
    lines = [line for line in got.err.splitlines() if not re.match(r"larder: (profile mock, |\d+ [a-z ]+, \d)", line)]
    return [[line[8:] for line in lines if line.startswith(begin)] for begin in ("larder: ", "  next: ")]


def check(what, got, code, named, word):
    messages, steps = told(got)
    assert got.code == code, (what, got.code, got.err)
    assert messages and any(named in message for message in messages), (what, named, got.err)
    assert steps and all(steps) and any(word in step for step in steps), (what, word, got.err)
    assert len(steps) == len(messages), (what, got.err)


def test_cli_errors_of_the_command_line():
    write("file")
    assert larder("put", "file", "images:a").code == 0
    for args, code, named, word in WRONG:
        check(args, larder(*args), code, named, word)


def test_cli_errors_of_variables():
    for name, value, code, named, word in VARIABLES:
        check((name, value), larder("ls", "images:", env={name: value}), code, named, word)


def test_cli_errors_of_the_configuration():
    for text, named, word in LINES:
        configured("\n" + text)
        got = larder("--config", CONF, "ls", "images:")
        check(text, got, 2, named, word)
        assert "larder.ini:" in got.err, got.err


def test_cli_errors_in_json_say_the_same():
    for args, code, named, word in WRONG:
        got = larder("--json", *args)
        errors = [line for line in got.lines() if line["type"] == "error"]
        assert errors and all(error["next"] for error in errors), (args, got.out)
        assert any(named in error["message"] + error.get("key", "") for error in errors), (args, named, got.out)
        assert any(word in error["next"] for error in errors), (args, word, got.out)


def test_cli_errors_no_command_is_left_out():
    """Each command fails at something, and each failure has a next step."""
    for command in COMMANDS:
        for args in (command.split() + ["--no-such-flag"], command.split() + ["--jobs", "-1"]):
            messages, steps = told(larder(*args))
            assert messages and len(messages) == len(steps), (args, messages, steps)


def test_cli_errors_of_the_machine():
    """What the kernel refuses: named, with a next step."""
    os.makedirs("locked")
    write("locked/file")
    os.chmod("locked", 0)
    args = [LARDER, "put", "locked/file", "images:x"]
    if os.geteuid() == 0:
        args = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *args]
    got = Ran(subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV))
    os.chmod("locked", 0o700)
    check(args, got, 4, "locked/file", "mode")
    check("a file as folder", larder("get", "images:a", "file/x"), 2, "file", "folder")
    check("a long name", larder("get", "images:a", "n" * 300), 2, "nnn", "name")


PIPELINE = """
[larder]
jobs = many
[bucket "x"]
name = y
[store "x"]
buckte = y
zzzzzz = y
[pipeline "p"]
store = x
key = {nobody}/{job}.{ext}
strip = everything
encode = png quality=3
background = red
[pipeline "q"]
thumbnail-store = nowhere
max-frames = 0
max-frames = 1
[pipeline "r"]
store = elsewhere
not an entry
[store "y"]
backend = objects
[]
bucket = y
[lifecycle "l"]
expire-noncurrent = soon
[pipeline "s"]
encode = png
"""
PROFILE = """[backend "objects"]
root = /tmp
"quoted" = 1
[backend "objects"]
driver = localfs-mock
"""
PROBLEMS = [("larder.ini:3", "jobs"), ("larder.ini:4", "bucket"), ("larder.ini:7", "buckte"), ("larder.ini:8", "zzzzzz"), ("larder.ini:21", "key = value"),
            ("larder.ini:17", "max-frames"), ("larder.ini:18", "max-frames"), ("larder.ini:24", "[]"), ("larder.ini:27", "soon"),
            ("mock.ini:3", "quoted"), ("mock.ini:4", "line 1")]
# Only what every header is known for: names that point nowhere, what is missing, values against each other.
LATER = [("larder.ini:11", "nobody"), ("larder.ini:12", "everything"), ("larder.ini:13", "png has no quality"), ("larder.ini:14", "background"),
         ("larder.ini:16", "nowhere"), ("larder.ini:20", "elsewhere"), ("larder.ini:22", "'y'"), ("larder.ini:28", "'store' is missing")]


def check_all(pipeline, profile, expected):
    os.makedirs("all/profiles", exist_ok=True)
    write("all/larder.ini", pipeline.encode())
    write("all/profiles/mock.ini", profile.encode())
    got = larder("--config", "all/larder.ini", "config", "check")
    messages, steps = told(got)
    assert got.code == 2 and len(messages) == len(steps), (got.code, got.err)
    for place, word in expected:
        assert sum(place + ": " in message and word in message for message in messages) == 1, (place, word, got.err)
    assert len(messages) == len(expected), (len(messages), got.err)
    found = [line for line in larder("--json", "--config", "all/larder.ini", "config", "check").lines() if line["type"] == "error"]
    assert sorted("%s:%d" % (line["file"].rsplit("/", 1)[1], line["line"]) for line in found) == sorted(place for place, _ in expected), found
    first = larder("--config", "all/larder.ini", "ls", "x:")
    assert first.code == 2 and len(told(first)[0]) == 1, first.err


def test_cli_errors_config_check_tells_all():
    check_all(PIPELINE, PROFILE, PROBLEMS + [row for row in LATER if row[1] not in ("nowhere", "elsewhere")])


def test_cli_errors_config_check_tells_what_points_nowhere():
    whole = PIPELINE.replace("not an entry", "; an entry").replace("[]", "[store \"z\"]")
    expected = [row for row in PROBLEMS if row[1] not in ("key = value", "[]") and "mock" not in row[0]] + LATER
    check_all(whole, "[backend \"objects\"]\ndriver = localfs-mock\nroot = /tmp\n", expected + [("larder.ini:24", "'z'")])


def test_cli_errors_config_check_without_a_profile():
    write("all/larder.ini", b"[larder]\njobs = many\n")
    got = larder("--config", "all/larder.ini", "--profile", "none", "config", "check")
    assert got.code == 2 and "no profile 'none'" in got.err and len(told(got)[0]) == 1, got.err


def test_cli_errors_no_folder_of_profiles():
    write("bare/larder.ini", b"[larder]\n")
    for args in (["--profile", "mock"], []):
        got = larder("--config", "bare/larder.ini", *args, "store", "list", env={"LARDER_PROFILE": ""})
        assert got.code == 2 and "no profile" in got.err and "folder profiles/ beside the pipeline file" in got.err, (args, got.err)


def test_cli_errors_of_one_kind_do_not_flood():
    """Ten of a kind are told, then how many more; another kind beside them is told too. With --verbose each is, and --json and --failed-to have all."""
    write("flood/fine")
    write("flood/" + "/".join(5 * ["long" * 60]) + "/file")
    for i in range(60):
        os.symlink("nowhere", "flood/odd-%02d" % i)
    words = ("sync", "--links", "follow", "flood", "images:flood/")
    got = larder(*words, "--failed-to", "failed")
    more = [line for line in got.err.splitlines() if "more of this kind" in line]
    assert got.code == 1 and got.err.count("cannot follow the link") == 11 and len(more) == 1 and "… and 50 more of this kind" in more[0], got.err
    assert got.err.count("at most 1024") == 1 and "61 failed" in got.err and len(got.err.splitlines()) < 30, got.err
    with open("failed") as file:
        assert len(file.readlines()) == 61
    got = larder("--json", "-q", *words)
    assert sum(line["type"] == "error" for line in got.lines()) == 61 and got.err.count("cannot follow the link") == 11, got.err
    assert larder("--verbose", *words).err.count("cannot follow the link") == 60


run(sys.modules[__name__])
