#!/usr/bin/env python3
"""The driver efs by the tool: a [filesystem] of the pipeline as a store of plain files, which anybody else reads and writes as well; c-C09."""
import os
import shutil
import stat
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
import public  # noqa: E402
from tool import ENV, HOME, LARDER, SRC, keys, larder, read, run, tree, write  # noqa: E402

FILES = os.path.join(HOME, "demo/files")


def test_cli_efs_objects_are_files():
    write("one", b"one" * 1000)
    assert larder("put", "one", "model-cache:sd15/a.safetensors").code == 0
    path = os.path.join(FILES, "sd15/a.safetensors")
    assert read(path) == b"one" * 1000
    write(os.path.join(FILES, "sd15/of-others"), b"x")
    os.makedirs(os.path.join(FILES, ".larder/gen"), exist_ok=True)
    write(os.path.join(FILES, ".larder/gen/1"), b"{}")
    write(os.path.join(FILES, "private/.tmp-1"), b"half")
    assert keys("model-cache:") == ["sd15/a.safetensors", "sd15/of-others"]
    assert larder("cat", "model-cache:sd15/of-others").raw == b"x"
    got = larder("stat", "--json", "model-cache:sd15/a.safetensors").lines()[1]
    assert got["size"] == 3000, got
    assert larder("get", "model-cache:sd15/a.safetensors", "back").code == 0 and read("back") == b"one" * 1000
    assert larder("mv", "model-cache:sd15/of-others", "model-cache:sd15/mine").code == 0 and keys("model-cache:") == ["sd15/a.safetensors", "sd15/mine"]
    assert larder("rm", "-r", "model-cache:sd15/").code == 0 and keys("model-cache:") == [] and os.path.exists(os.path.join(FILES, ".larder/gen/1"))


def test_cli_efs_sync():
    """From a store to the mount and back, times and all; the second run copies nothing; what is left over goes with --delete."""
    for name in ("sd15/a", "sd15/b/c", "sdxl/d"):
        write(os.path.join("source", name), os.urandom(5000))
    assert larder("sync", "-q", "source", "models:").code == 0
    got = larder("sync", "models:sd15/", "model-cache:sd15/")
    assert got.code == 0, (got.out, got.err)
    assert tree(os.path.join(FILES, "sd15")) == tree("source/sd15")
    got = larder("sync", "--json", "models:sd15/", "model-cache:sd15/")
    assert got.code == 0 and got.summary()["done"] == 0 and got.summary()["skipped"] == 2, (got.out, got.err)
    os.unlink("source/sd15/a")
    assert larder("sync", "-q", "--delete", "source/sd15", "model-cache:sd15/").code == 0 and keys("model-cache:sd15/") == ["sd15/b/c"]
    assert larder("verify", "source/sd15", "model-cache:sd15/").code == 0


def test_cli_efs_modes_and_owners():
    """Modes as configured, whatever the umask; nothing is ever chowned, so it works where chown is refused."""
    write("one", b"one")
    done = subprocess.run([LARDER, "put", "one", "model-cache:m/x"], env=ENV, preexec_fn=lambda: os.umask(0o077), capture_output=True)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(os.stat(os.path.join(FILES, "m/x")).st_mode) == 0o644 and stat.S_IMODE(os.stat(os.path.join(FILES, "m")).st_mode) == 0o755
    os.chmod(HOME, 0o755)
    for folder in ("demo", "demo/files", "demo/files/m"):
        os.chmod(os.path.join(HOME, folder), 0o777)
    place, other = public.copy(), 12001 if os.geteuid() == 0 else os.geteuid()
    shutil.copytree(os.path.join(SRC, "etc"), "etc", dirs_exist_ok=True)           # the sources may lie where nobody else may enter
    env = {**ENV, "LARDER_MODULE_DIR": place, "LD_LIBRARY_PATH": place, "LARDER_CONFIG": os.path.join(HOME, "etc/larder.ini")}
    done = subprocess.run([os.path.join(place, "larder"), "put", os.path.join(HOME, "one"), "model-cache:m/y"], env=env, cwd="/", capture_output=True, text=True,
                          preexec_fn=lambda: os.geteuid() == 0 and os.setuid(other))          # who may not chown
    assert done.returncode == 0 and os.stat(os.path.join(FILES, "m/y")).st_uid == other and read(os.path.join(FILES, "m/y")) == b"one", done.stderr


def test_cli_efs_folder_of_many():
    """More names than a page holds at once, created in any order; links to nothing, which are no keys, stand in for more than a page of the first ones."""
    many = os.path.join(FILES, "many")
    names = {"f%04d" % (i * 7919 % 2500) + ("/x" if i % 10 == 0 else ""): b"" for i in range(2500)}
    for name in names:
        write(os.path.join(many, name))
    for i in range(2200):
        os.symlink("nothing", os.path.join(many, "a%04d" % i))
    for i in range(1500):
        os.symlink("nothing", os.path.join(many, "f1000-%04d" % i))
    assert keys("model-cache:many/") == sorted("many/" + name for name in names)
    assert keys("model-cache:many/f1") == [] and keys("model-cache:many/f1000/") == sorted("many/" + name for name in names if name.startswith("f1000/"))
    whole = larder("ls", "--json", "model-cache:many/")
    assert whole.summary()["done"] == 2500, whole.out[-300:]


def test_cli_efs_names():
    """Nothing leaves the root, nothing is written among larder's own files; a file and a folder of one name are CONFLICT."""
    write("one", b"one")
    for key in ("../x", "a/../../x", "a//b", ".larder/x", "a/.tmp-x", "n" * 256):
        got = larder("put", "one", "model-cache:" + key)
        assert got.code == 2, (key, got.code, got.err)
    assert larder("put", "-q", "one", "model-cache:clash").code == 0
    assert larder("put", "one", "model-cache:clash/below").code == 5
    assert larder("put", "-q", "one", "model-cache:folder/below").code == 0 and larder("put", "one", "model-cache:folder").code == 5
    os.symlink("/etc/passwd", os.path.join(FILES, "link"))
    os.symlink("clash", os.path.join(FILES, "inner"))
    assert "link" not in keys("model-cache:") and "inner" in keys("model-cache:")
    for words in (("put", "one", "model-cache:inner"), ("rm", "model-cache:inner")):
        got = larder(*words)
        assert got.code == 5 and "model cache" in got.err and os.path.islink(os.path.join(FILES, "inner")), (words, got.err)
    assert larder("cat", "model-cache:link").code == 3 and larder("cat", "model-cache:inner").raw == b"one"


run(sys.modules[__name__])
