#!/usr/bin/env python3
"""Data on stdout, talk on stderr, exit codes, JSON that ends in a summary, signals, secrets."""
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
import terminal  # noqa: E402
from tool import BUILD, ENV, HOME, LARDER, SRC, Ran, larder, read, run, write  # noqa: E402


def put(key, data=b"x"):
    assert larder("put", "-", "images:" + key, stdin=data).code == 0


def start(*args, **more):
    return subprocess.Popen([LARDER, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV, **more)


def test_cli_output_exit_codes():
    write("file")
    for args, code in ((["stat", "images:none"], 3), (["cat", "images:none"], 3), (["ls", "images:none/"], 3),
                       (["ls", "imagse:x"], 2), (["get", "images:none", "./x"], 3), (["put", "nofile", "images:x"], 3),
                       (["put", "file", "images:" + "k" * 1025], 2), (["module", "info", "nothing"], 3),
                       (["config", "explain", "store.images.buckte"], 3), (["config", "show", "nothing"], 3)):
        got = larder(*args)
        assert got.code == code and got.err.count("larder: "), (args, got.code, got.err)
        assert "larder: " in got.err and got.out == "", (args, got.out)


def test_cli_output_denied_is_4():
    write("unreadable")
    os.chmod("unreadable", 0)
    args = [LARDER, "put", "unreadable", "images:x"]
    if os.geteuid() == 0:
        args = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *args]
    done = Ran(subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV))
    assert done.code == 4 and "unreadable" in done.err, (done.code, done.err)


def test_cli_output_profile_is_named_unless_quiet():
    put("quiet")
    assert "profile mock" in larder("ls", "images:").err
    got = larder("ls", "images:", "-q")
    assert got.code == 0 and got.err == "", (got.code, got.err)


def test_cli_output_no_default_profile():
    got = larder("ls", "images:", env={"LARDER_PROFILE": ""})
    assert got.code == 2 and "next:" in got.err and not os.path.exists("larder-demo"), got.err


def test_cli_output_mistyped_configuration():
    # c-A05: a wrong key, section or profile is an error with file, line and the nearest match
    os.makedirs("conf/profiles")
    shutil.copy(os.path.join(SRC, "etc/larder.ini"), "conf/larder.ini")
    base = open(os.path.join(SRC, "etc/profiles/mock.ini")).read()
    write("conf/profiles/mock.ini", base.replace("create = yes", "craete = yes", 1).encode())
    for args in (["config", "check"], ["ls", "images:"]):
        got = larder("--config", "conf/larder.ini", *args)
        assert got.code == 2 and "did you mean 'create'" in got.err and "mock.ini" in got.err, (args, got.code, got.err)
    write("conf/profiles/mock.ini", (base + "\n[stroe \"images\"]\nbackend = objects\n").encode())
    got = larder("--config", "conf/larder.ini", "ls", "images:")
    assert got.code == 2 and "store" in got.err and "mock.ini" in got.err, got.err
    write("conf/profiles/mock.ini", (base + "\n[store \"images\"]\nx-note = free\n").encode())
    got = larder("--config", "conf/larder.ini", "ls", "images:")
    assert got.code == 0, got.err
    assert got.out
    got = larder("--config", "conf/larder.ini", "--profile", "mokc", "ls", "images:")
    assert got.code == 2 or got.code == 3, got.code
    assert "mokc" in got.err, got.err


def test_cli_output_json_of_every_command():
    put("j/a")
    write("j.txt")
    fine = (["ls", "images:"], ["ls", "-r", "--versions", "images:"], ["stat", "images:j/a"], ["put", "j.txt", "images:j/"],
            ["get", "images:j/a", "./j.out"], ["cp", "images:j/a", "images:j/b"], ["mv", "images:j/b", "images:j/c"],
            ["du", "images:"], ["rm", "images:j/c"], ["config", "show"], ["config", "explain", "store.images.bucket"],
            ["module", "list"], ["module", "info", "localfs-mock"], ["module", "new", "-n", "mine"], ["store", "list"],
            ["completion", "bash"], ["version"], ["help"], ["help", "ls"], ["ls", "--help"], [])
    for args in fine:
        got = larder("--json", *args)
        assert got.code == 0 and len(got.lines()) >= 2, (args, got.err)


def test_cli_output_json_of_every_failure():
    wrong = (["ls", "images:none"], ["ls", "nostore:"], ["stat", "images:none"], ["cat", "images:none"], ["put", "none", "images:x"],
             ["get", "images:none", "./x"], ["cp", "images:none", "images:x"], ["mv", "images:none", "images:x"], ["rm", "images:none"],
             ["du", "images:none"], ["config", "show", "none"], ["config", "explain", "no.such.key"], ["module", "info", "none"],
             ["module", "check", "none"], ["completion", "tcsh"], ["help", "none"], ["none"], ["ls", "--none"], ["image"],
             ["--profile", "none", "store", "list"])
    for args in wrong:
        got = larder("--json", *args)
        found = got.lines()
        errors = [line for line in found if line["type"] == "error"]
        assert got.code > 1 and errors and errors[-1]["message"], (args, got.out)
        assert "larder: " in got.err, args


def test_cli_output_no_escapes_when_not_a_terminal():
    # c-T24: no escape, no carriage return
    for env in ({}, {"NO_COLOR": "1"}):
        for args in (["ls", "images:none"], ["put", "j.txt", "images:esc"], ["--progress", "always", "ls", "images:"]):
            got = larder(*args, env=env)
            assert "\033" not in got.err + got.out and "\r" not in got.err + got.out, got.err


def on_terminal(env, *args):
    parent, child = terminal.open_terminal()
    subprocess.run([LARDER, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=child, env={**ENV, "TERM": "xterm", **env})
    os.close(child)
    return terminal.read_all(parent)


def test_cli_output_no_color_on_a_terminal():
    assert b"\033[31m" in on_terminal({}, "stat", "images:none")
    assert b"\033" not in on_terminal({"TERM": "dumb"}, "stat", "images:none")
    assert b"\033" not in on_terminal({"NO_COLOR": "1"}, "stat", "images:none")
    assert b"\033" not in on_terminal({}, "--color", "never", "stat", "images:none")


def test_cli_output_hostile_names_are_escaped():
    put("h/\x1b[31mred\x07")
    got = larder("ls", "-r", "images:h/")
    assert "\x1b" not in got.out and "\\x1b[31mred\\x07" in got.out, got.out
    assert "\x1b" not in larder("stat", "images:h/\x1b[2J").err
    larder("rm", "-r", "images:h/")


def test_cli_output_reader_went_away():
    # c-T11: quiet, by SIGPIPE, within a second
    put("big", b"b" * (8 << 20))
    process = start("cat", "images:big")
    assert process.stdout.read(100) == b"b" * 100
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(30) == -signal.SIGPIPE and said.count(b"\n") == 1, said


def test_cli_output_interrupt_while_the_reader_sleeps():
    # c-T11: SIGINT while stdout is full ends the run with 130
    process = start("cat", "images:big")
    assert process.stdout.read(100) == b"b" * 100
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    process.communicate()


def signalled(number):
    process = start("put", "-", "images:never", "--json")
    assert b"profile mock" in process.stderr.readline()
    process.send_signal(number)
    process.wait(30)
    out, err = process.stdout.read(), process.stderr.read()
    process.stdin.close()
    return Ran(subprocess.CompletedProcess([], process.returncode, out, err))


def test_cli_output_summary_after_sigterm():
    # c-T24: the summary comes also after a signal
    got = signalled(signal.SIGTERM)
    assert got.code == 143 and got.summary()["exit"] == 143, (got.code, got.out)
    assert larder("stat", "images:never").code == 3


def test_cli_output_summary_after_sigint():
    got = signalled(signal.SIGINT)
    assert got.code == 130 and got.summary()["exit"] == 130, (got.code, got.out)


def test_cli_output_module_check_runs_the_suite():
    driver = os.path.join(BUILD, ".libs/driver-localfs-mock.so")
    got = larder("module", "check", driver, "root=" + os.path.join(HOME, "check"), "create=yes", "fsync=no", "--json")
    promises = [line for line in got.lines() if line["type"] == "promise"]
    assert got.code == 0 and len(promises) > 20 and all(line["kept"] for line in promises), [line for line in promises if not line["kept"]] or got.err
    assert larder("module", "check", "./lock-x.so").code == 2 and larder("module", "check", "x.so").code == 2


def test_cli_output_module_info_has_every_capability():
    # whatever driver.h and codec.h can promise is a fact, yes or no
    for module, header, begin in (("localfs-mock", "driver.h", "LARDER_CAP_"), ("png", "codec.h", "LARDER_CODEC_")):
        names = re.findall(r"^\s+%s([A-Z0-9_]+) = 1 <<" % begin, read(os.path.join(SRC, "core/include/larder", header)).decode(), re.M)
        told = larder("module", "info", module, "--json").lines()[1]["facts"]
        assert len(names) > 5 and all(told.get(name.lower()) in ("yes", "no") for name in names), (names, told)


def test_cli_output_check_visits_every_module():
    # what no store uses is looked at too: absent is a note, wrong options are not
    os.makedirs("every/profiles")
    good = ('[backend "objects"]\ndriver = localfs-mock\nroot = %s\ncreate = yes\n' % os.path.join(HOME, "every/root"))
    more = ["--config", "every/larder.ini", "--profile", "mock"]
    write("every/larder.ini", b'[store "images"]\nbackend = objects\nbucket = every-bucket\n\n[filesystem "shared"]\nbackend = files\n\n'
          b'[cache "models"]\nlock = models\n')
    absent = good + '[backend "files"]\ndriver = not-there\n[lock "models"]\ndriver = nor-this\n'
    write("every/profiles/mock.ini", absent.encode())
    got = larder("config", "check", *more)
    assert got.code == 0 and "driver 'not-there' is not installed; needed by filesystem 'shared'" in got.out, (got.code, got.out, got.err)
    assert "lock 'nor-this' is not installed; needed by cache 'models'" in got.out, got.out
    notes = [line for line in larder("config", "check", "--json", *more).lines() if line["type"] == "note"]
    assert [(note["section"], note["line"]) for note in notes] == [("backend.files", 5), ("lock.models", 7)], notes
    assert all(note["file"].endswith("mock.ini") for note in notes), notes
    write("every/profiles/mock.ini", (good + '[backend "files"]\ndriver = localfs-mock\nroot = /x\ncraete = yes\n[lock "models"]\ndriver = no\n').encode())
    got = larder("config", "check", *more)
    assert got.code == 2 and "mock.ini:8" in got.err and "did you mean 'create'" in got.err, (got.code, got.err)
    for lock, says in (("driver = store\n", "needs a store"), ("driver = store\nstore = imagse\n", "did you mean 'images'"), ("driver = file\n", "'root'"),
                       ("driver = file\nroot = /x\nstore = images\n", "unknown key 'store'"), ("driver = file\nrood = /x\n", "did you mean 'root'")):
        write("every/profiles/mock.ini", (absent.split("[lock")[0] + '[lock "models"]\n' + lock).encode())
        got = larder("config", "check", *more)
        assert got.code == 2 and says in got.err, (lock, got.code, got.err)
    write("every/profiles/mock.ini", absent.replace("localfs-mock", "gone").encode())
    got = larder("config", "check", *more)
    assert got.code == 3 and "no driver 'gone'" in got.err, (got.code, got.err)


def test_cli_output_settings_left_at_their_default():
    # --all has them, of the pipeline's sections and of a module's; explain says what they mean
    written, every = larder("config", "show", "backend.archive"), larder("config", "show", "--all", "backend.archive")
    assert written.code == every.code == 0 and "default" not in written.out, written.out
    assert ["backend.archive.versioning", "no", "default"] in [line.split() for line in every.out.splitlines()], every.out
    assert all(line in [line.split() for line in every.out.splitlines()] for line in [line.split() for line in written.out.splitlines()])
    assert ["store.logs.versioning", "no", "default"] in [line.split() for line in larder("config", "show", "--all").out.splitlines()]
    for key in ("backend.archive.versioning", "backend.archive.create", "store.logs.versioning"):
        got = larder("config", "explain", key)
        assert got.code == 0 and got.out.startswith(key + " = ") and " means " in got.out, (key, got.out, got.err)
    got = larder("config", "explain", "backend.archive.versionin")
    assert got.code == 3 and "did you mean 'versioning'" in got.err, got.err


def test_cli_output_secret_is_never_shown():
    # a canary through every command
    os.makedirs("modules")
    os.makedirs("secret/profiles")
    shutil.copy(os.path.join(BUILD, "tests/cli/.libs/driver-canary.so"), "modules/driver-canary.so")
    word = "Canary-7f3a9c"
    write("secret/larder.ini", b'[larder]\nenvironment = test\n\n[store "images"]\nbackend = objects\nbucket = b\n')
    write("secret/profiles/mock.ini", ('[backend "objects"]\ndriver = canary\nplain = seen-by-all\nsecret = %s\n' % word).encode())
    seen = ""
    for args in (["config", "show"], ["config", "show", "--all"], ["config", "check"], ["config", "explain", "backend.objects.secret"],
                 ["store", "list"], ["module", "list"], ["module", "info", "canary"], ["ls", "images:"], ["stat", "images:k"],
                 ["cat", "images:k"], ["put", "j.txt", "images:k"], ["get", "images:k", "./k"], ["cp", "images:k", "images:l"],
                 ["mv", "images:k", "images:l"], ["rm", "images:k"], ["du", "images:"], ["version"], ["help"]):
        for more in ([], ["--json"], ["-v"]):
            got = larder(*args, *more, "--config", "secret/larder.ini", "--module-dir", os.path.join(HOME, "modules"))
            assert word not in got.out + got.err, (args, more)
            seen += got.out + got.err
    assert "(secret)" in seen and "seen-by-all" in seen


def test_cli_output_cut_secret_is_warned_of():
    # c-A04: a comment cut off a secret is said aloud, with its place and without the value
    more = ["--config", "secret/larder.ini", "--module-dir", os.path.join(HOME, "modules")]
    for value, warned in (("Canary #rest", True), ('"Canary #rest"', False), ("Canary#rest", False)):
        write("secret/profiles/mock.ini", ('[backend "objects"]\ndriver = canary\nplain = p ; note\nsecret = %s\n' % value).encode())
        got = larder("ls", "images:", *more)
        assert ("mock.ini:4: a comment was cut off the secret 'secret'" in got.err) == warned, (value, got.err)
        assert "Canary" not in got.err and "rest" not in got.err, got.err


run(sys.modules[__name__])
