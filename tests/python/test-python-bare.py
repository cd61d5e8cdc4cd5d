#!/usr/bin/env python3
"""The module in a Python that has neither Pillow nor numpy nor boto3: isolated, without site-packages."""
import ast
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, PACKAGE, picture, run  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
NOTHING = """
import importlib.util, sys
assert not [name for name in ("PIL", "numpy", "boto3") if importlib.util.find_spec(name)]
"""
ALONE = NOTHING + """
sys.path.insert(0, %r)
import larder
from larder.helpers import create_thumbnail, upload_image_to_s3
before = set(sys.modules)
grey = bytes(x * y %% 256 for y in range(40) for x in range(60))
got = upload_image_to_s3(memoryview(grey).cast("B", (40, 60)), "bare", "buffer")
assert upload_image_to_s3(larder.Pixels(grey, 60, 40, "L"), "bare", "buffer") == got
assert upload_image_to_s3(%r, "bare", "path")["s3_key"].endswith("/path.png")
small = create_thumbnail(larder.Pixels(grey, 60, 40, "L"), (30, 30))
assert (type(small), small.width, small.height, small.mode, len(small.data)) == (larder.Pixels, 30, 20, "L", 600)
assert "asyncio" not in sys.modules
print("done")
"""


def bare(*words):
    return subprocess.run([sys.executable, "-I", "-S", "-B", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_python_bare_pictures():
    done = bare("-c", ALONE % (PACKAGE, picture("dunes.png")))
    assert done.returncode == 0 and done.stdout == "done\n", done.stdout


def test_python_bare_store():
    """All of test-python-store and test-python-cancel once more."""
    for name in ("test-python-store.py", "test-python-cancel.py"):
        done = bare("-c", NOTHING + "import runpy; sys.argv = ['']; runpy.run_path(%r, run_name='__main__')" % os.path.join(HERE, name))
        assert done.returncode == 0 and "\nok 8 - " in done.stdout and "not ok" not in done.stdout, done.stdout[-2000:]


def test_python_bare_oldest_language():
    """Every file parses as Python 3.9, which is not at hand to run them."""
    folder = os.path.join(PACKAGE, "larder")
    files = [name for name in os.listdir(folder) if name.endswith(".py")]
    assert len(files) > 8
    for name in files:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            ast.parse(file.read(), name, feature_version=(3, 9))


os.environ["LARDER_ROOT"] = os.path.join(HOME, "bare")
run(sys.modules[__name__])
