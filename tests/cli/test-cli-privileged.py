#!/usr/bin/env python3
"""A copy of the tool that runs with more rights than its caller has ignores what the caller's environment says.

As root the copy is set-uid and an ordinary user calls it. As anybody else it carries a file capability, given in a user
namespace of one's own and gained in a second one inside. The kernel says in AT_SECURE that it takes either seriously."""
import os
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import BUILD, ENV, HOME, SRC, Ran, run, write  # noqa: E402

ROOT = os.geteuid() == 0
PLAIN, RAISED = (os.path.join(HOME, "bin", name) for name in ("plain", "raised"))
CALLER = (["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if ROOT
          else ["unshare", "--user", "--map-root-user", "unshare", "--user", "--map-user=1000"])
CLEAN = {k: v for k, v in ENV.items() if not k.startswith("LARDER_")}
CLEAN.update(HOME="/nonexistent", ASAN_OPTIONS="detect_leaks=0")


def arrange():
    os.makedirs("bin/empty")
    os.chmod(HOME, 0o755)
    shutil.copytree(os.path.join(SRC, "etc"), "etc.d")
    for folder, folders, files in os.walk("etc.d"):
        for name in folders + files:
            os.chmod(os.path.join(folder, name), 0o755)
    for path in (PLAIN, RAISED):
        shutil.copy(os.path.join(BUILD, "tests/cli/larder-whole"), path)
        os.chmod(path, 0o755)
    if ROOT:
        os.chmod(RAISED, 0o4755)
        return
    capability = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)  # one that none of this needs, effective
    subprocess.run(["unshare", "--user", "--map-root-user", sys.executable, "-c",
                    "import os; os.setxattr(%r, 'security.capability', %r)" % (RAISED, capability)], check=True)


arrange()


def call(program, *args, **variables):
    done = Ran(subprocess.run([*CALLER, "env", "LD_SHOW_AUXV=1", *("%s=%s" % pair for pair in variables.items()), program, *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN, cwd=os.path.join(HOME, "bin", "empty")))
    # The loader tells its vector before all else, unless the program has more rights: that no copy is a pretence.
    secure = "AT_SECURE" not in done.out
    assert secure == (program == RAISED), (program, done.out, done.err)
    done.out = "".join(line for line in done.out.splitlines(True) if not line.startswith("AT_"))
    return done


FILES = ["--config", os.path.join(HOME, "etc.d/larder.ini")]
MOCK = ["--profile", "mock"]


def test_cli_privileged_keys_of_larder():
    for key, variable, value, default in (("larder.jobs", "LARDER_JOBS", "7", "0"), ("larder.memory", "LARDER_MEMORY", "77MiB", "256MiB")):
        for program, expected in ((PLAIN, value), (RAISED, default)):
            got = call(program, *FILES, *MOCK, "config", "explain", key, **{variable: value})
            assert got.code == 0 and "%s = %s\n" % (key, expected) in got.out, (program, got.out, got.err)


def test_cli_privileged_profile():
    got = call(PLAIN, *FILES, "config", "explain", "larder.jobs", LARDER_PROFILE="mock")
    assert got.code == 0 and "profile mock" in got.err, got.err
    got = call(RAISED, *FILES, "config", "explain", "larder.jobs", LARDER_PROFILE="mock")
    assert got.code == 2 and "no profile" in got.err, got.err


def test_cli_privileged_pipeline():
    # neither by its own variable nor by the folder of settings
    os.makedirs("settings/larder", exist_ok=True)
    write("settings/larder/larder.ini", b"broken")
    for variables, plain in (({"LARDER_CONFIG": FILES[1]}, 0), ({"XDG_CONFIG_HOME": os.path.join(HOME, "settings")}, 2)):
        got = call(PLAIN, *MOCK, "config", "explain", "larder.jobs", **variables)
        assert got.code == plain and "no pipeline file" not in got.err, (variables, got.err)
        got = call(RAISED, *MOCK, "config", "explain", "larder.jobs", **variables)
        assert got.code == 2 and "no pipeline file" in got.err, (variables, got.err)


def test_cli_privileged_modules():
    write("bin/empty/driver-mine.so", b"not a module")
    folder = os.path.join(HOME, "bin", "empty")
    for program, told in ((PLAIN, True), (RAISED, False)):
        got = call(program, "module", "info", "mine", LARDER_MODULE_DIR=folder)
        assert got.code and (folder in got.err) == told, (program, got.err)


def test_cli_privileged_variables_in_values():
    with open("etc.d/larder.ini") as file:
        text = file.read()
    write("etc.d/larder.ini", (text + "\n[store \"expanded\"]\nbackend = objects\nbucket = ${FROM_OUTSIDE:-inside}\n").encode())
    for program, value in ((PLAIN, "outside"), (RAISED, "inside")):
        got = call(program, *FILES, *MOCK, "config", "explain", "store.expanded.bucket", FROM_OUTSIDE="outside")
        assert got.code == 0 and "store.expanded.bucket = %s\n" % value in got.out, (program, got.out, got.err)


run(sys.modules[__name__])
