#!/usr/bin/env python3
"""The wheel: installed without network into an empty virtual environment, it works there with its own library and modules, on the mock and
on MinIO; what the system lacks is named."""
import base64
import csv
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import BUILD, HOME, SRC, picture, run  # noqa: E402
import servers  # noqa: E402
from larder import _needs  # noqa: E402

ENV = {name: value for name, value in os.environ.items()
       if not name.startswith(("LARDER_LIB", "LARDER_MOD", "LD_", "MAKE", "MFLAGS", "PYTHON", "PIP_"))}
VENV = os.path.join(HOME, "venv")


def do(*words, env=None):
    return subprocess.run(words, env={**ENV, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def good(*words, env=None):
    done = do(*words, env=env)
    assert done.returncode == 0, (words, done.stdout[-3000:])
    return done.stdout


made = do("make", "-s", "-C", BUILD, "wheel", "WHEEL_FOLDER=" + os.path.join(HOME, "wheel"))
WHEEL = made.stdout.split()[-1] if made.returncode == 0 else None
PYTHON = os.path.join(VENV, "bin/python")
WORKER = """
import importlib.util, os, sys
assert not [name for name in ("PIL", "numpy", "boto3") if importlib.util.find_spec(name)]
import larder
with larder.open() as store:
    r = store.upload_image(%r, "wheel", "j")
    assert len(store.get("images:" + r.s3_key)) == r.file_size
    store.put("models:sdxl/m.safetensors", b"weights" * 1000)
    print(r.stored, store.load_model("m", "sdxl").how)
maps = open("/proc/self/maps").read()
for name in sys.argv[1:]:
    assert os.path.join(os.path.dirname(larder.__file__), "lib", name) in maps, (name, maps)
assert %r not in maps
""" % (picture("dunes.png"), BUILD + "/")


def test_python_wheel_is_built_as_wheels_are():
    assert WHEEL, made.stdout
    assert os.path.basename(WHEEL).startswith("larder-") and "-py3-none-linux_" in WHEEL, WHEEL
    with zipfile.ZipFile(WHEEL) as wheel:
        names = wheel.namelist()
        info = next(name for name in names if name.endswith("/RECORD"))
        rows = list(csv.reader(wheel.read(info).decode().splitlines()))
        assert [row[0] for row in rows] == names and len(set(names)) == len(names), names
        for name, digest, length in rows[:-1]:
            data = wheel.read(name)
            right = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (digest, length) == ("sha256=" + right, str(len(data))), name
        meta = wheel.read(info.replace("RECORD", "METADATA")).decode()
    needs = [line.split()[1] for line in meta.splitlines() if line.startswith("Requires-External: ")]
    assert "libpng16.so.16" in needs and "libcurl.so.4" in needs and "apt-get install " in meta, meta
    assert not [name for name in needs if name not in _needs.PACKAGES], needs
    ours = {name for name in os.listdir(os.path.join(SRC, "core/python/larder")) if name.endswith((".py", ".typed"))} - {"_where.py"}
    assert ours <= {os.path.basename(name) for name in names}, ours


def test_python_wheel_the_same_sources_give_the_same_bytes():
    first = open(WHEEL, "rb").read()
    good("make", "-s", "-C", BUILD, "wheel", "WHEEL_FOLDER=" + os.path.join(HOME, "again"))
    assert open(os.path.join(HOME, "again", os.path.basename(WHEEL)), "rb").read() == first


@functools.lru_cache(None)
def installed():
    """What pip said, once."""
    good(sys.executable, "-m", "venv", VENV)
    return good(os.path.join(VENV, "bin/pip"), "install", "--no-index", "--disable-pip-version-check", WHEEL)


def test_python_wheel_works_in_an_empty_environment():
    assert "Successfully installed larder-" in installed(), installed()
    good(os.path.join(VENV, "bin/pip"), "check", "--disable-pip-version-check")
    assert good(PYTHON, "-c", WORKER, "liblarder.so.0", "modules/codec-png.so").split() == ["new", "filled"]


def test_python_wheel_works_against_a_server():
    """With the driver of the wheel and the private library that it needs."""
    installed()
    with servers.start("minio") as server:
        environment = {name: value for name, value in server.environment().items() if not name.startswith(("LARDER_LIB", "LARDER_MOD"))}
        environment.update(LARDER_CONFIG=os.path.join(SRC, "etc/larder.ini"), LARDER_PROFILE="minio", LARDER_ROOT=os.path.join(HOME, "minio"))
        done = subprocess.run([PYTHON, "-c", WORKER.replace('.load_model("m", "sdxl").how', '.stat("models:sdxl/m.safetensors").length'),
                               "liblarder.so.0", "modules/driver-s3.so", "modules/private/liblarder-aws.so"], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0 and done.stdout.split() == ["new", "7000"], done.stdout + done.stderr


def copy(name, was=None, into=None, mode=None):
    """The installed package elsewhere, one of its files changed."""
    installed()
    top = os.path.join(HOME, "changed")
    shutil.rmtree(top, True)
    site = good(PYTHON, "-c", "import larder, os; print(os.path.dirname(larder.__file__))").strip()
    shutil.copytree(site, os.path.join(top, "larder"))
    path = os.path.join(top, "larder/lib", name)
    with open(path, "r+b") as file:
        data = file.read()
        if was:
            assert was in data and len(was) == len(into)
            file.seek(0)
            file.write(data.replace(was, into))
    if mode:
        os.chmod(path, mode)
    program = ("import larder\ntry:\n    with larder.open() as store: store.upload_image(%r, 'changed', 'j'); store.stat('images:x')\n"
               "except larder.LarderError as error: print(type(error).__name__, error)" % picture("dunes.png"))
    return lambda **env: good(sys.executable, "-c", "import sys; sys.path.insert(0, %r)\n" % top + program, env=env)


def test_python_wheel_a_library_that_the_system_lacks_is_named():
    said = copy("liblarder.so.0", b"libinih.so.1\0", b"libnone.so.1\0")()
    assert said.startswith("Unsupported ") and "'libnone.so.1', which this system does not have" in said and "install the package" in said, said
    said = copy("modules/codec-png.so", b"libpng16.so.16\0", b"libnone.so.162\0")()
    assert "libnone.so.162" in said and "next: install the package that holds 'libnone.so.162'" in said, said
    assert _needs.advice("libcurl.so.4") == "install it; on Debian: apt-get install libcurl4"


def test_python_wheel_a_private_library_that_others_may_change_is_refused():
    run_it = copy("modules/private/liblarder-aws.so", mode=0o646)
    said = run_it(LARDER_PROFILE="minio", LARDER_MINIO="http://127.0.0.1:1")
    assert said.startswith("Denied ") and "liblarder-aws.so" in said and "writable by everyone" in said, said


run(sys.modules[__name__])
