#!/usr/bin/env python3
"""c-A01: a module that is refused stays refused: said once, never called again, and nobody else's matter."""
import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import BUILD, HOME, SRC, larder, run, write  # noqa: E402

MODULES = os.path.join(HOME, "modules")
MARK = os.path.join(HOME, "mark")
ENV = {"LARDER_MODULE_DIR": MODULES, "LARDER_TEST_MARK": MARK, "LARDER_CONFIG": os.path.join(HOME, "conf/larder.ini")}
SAID = "module 'driver-bad-future-abi.so' is for contract 7, newer than ours, 0"

os.makedirs(MODULES)
for module in glob.glob(os.path.join(BUILD, ".libs", "driver-localfs-mock.so")) + glob.glob(os.path.join(BUILD, ".libs", "codec-*.so")):
    shutil.copy(module, MODULES)
shutil.copy(os.path.join(BUILD, "tests/module/.libs/driver-bad-future-abi.so"), MODULES)
shutil.copytree(os.path.join(SRC, "etc"), "conf")


def section(path, text):
    with open(path) as file:
        text = file.read() + text
    write(path, text.encode())


section("conf/larder.ini", '\n[store "later"]\nbackend = later\nbucket = later\n')
section("conf/profiles/mock.ini", '\n[backend "later"]\ndriver = bad-future-abi\nplace = here\nfast = yes\n')


def tool(*args, stdin=b""):
    """Runs, and tells what of the module ran: its constructor leaves an f, a call into it would leave an o."""
    write(MARK, b"")
    got = larder(*args, stdin=stdin, env=ENV)
    with open(MARK, "rb") as file:
        got.marks = file.read()
    return got


def test_cli_broken_module_list():
    got = tool("module", "list")
    lines = [line for line in (got.out + got.err).splitlines() if "bad-future-abi" in line]
    assert len(lines) == 1 and "contract 7" in lines[0] and "ours, 0" in lines[0], (got.out, got.err)
    assert "localfs-mock" in got.out and "png" in got.out and b"o" not in got.marks, (got.out, got.marks)
    rows = [line for line in tool("--json", "module", "list").lines() if line["type"] == "module"]
    assert {row["name"] for row in rows if not row.get("problem")} >= {"localfs-mock", "png", "webp"}, rows


def test_cli_broken_module_info():
    got = tool("module", "info", "driver-bad-future-abi")
    assert got.code == 2 and got.err.count(SAID) == 1 and "next:" in got.err and got.out == "", (got.code, got.out, got.err)
    assert got.marks == b"f", got.marks


def test_cli_broken_module_beside_others():
    for args, stdin in ((["put", "-", "images:a"], b"x"), (["ls", "images:"], b""), (["cat", "images:a"], b""), (["rm", "images:a"], b"")):
        got = tool(*args, stdin=stdin)
        assert got.code == 0 and "bad-future-abi" not in got.err and b"o" not in got.marks, (args, got.code, got.err, got.marks)


def test_cli_broken_module_that_a_store_needs():
    got = tool("ls", "later:")
    assert got.code == 2 and got.err.count(SAID) == 1 and "later" in got.err and "next:" in got.err, (got.code, got.err)
    assert got.marks == b"f", got.marks


def test_cli_broken_module_in_config_check():
    got = tool("config", "check")
    assert got.code == 2 and got.err.count(SAID) == 1 and b"o" not in got.marks, (got.code, got.err, got.marks)


def test_cli_broken_module_that_a_picture_needs():
    # whoever finds no codec is told of the one that was refused, and why
    codec, whole = os.path.join(MODULES, "codec-png.so"), os.path.join(HOME, "codec-png.so")
    os.rename(codec, whole)
    shutil.copy(whole, codec)
    os.chmod(codec, 0o666)
    picture = os.path.join(SRC, "doc/examples/pictures/dunes.png")
    other = os.path.join(SRC, "doc/examples/pictures/waves.webp")
    try:
        for args, asked in ((["probe", picture], "looks like a PNG"), (["ingest", picture, "--user", "ann"], "looks like a PNG"),
                            (["ingest", other, "--user", "ann", "--format", "png"], "no codec 'png'")):
            got = tool("image", *args)
            assert got.code == 2 and asked in got.err and codec + "' is refused" in got.err, (args, got.code, got.err)
            assert "writable by everyone" in got.err and "chmod o-w" in got.err, (args, got.err)
        assert tool("image", "probe", other).code == 0
    finally:
        os.rename(whole, codec)
    assert tool("image", "probe", picture).code == 0


run(sys.modules[__name__])
