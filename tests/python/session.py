"""session.py: the module from the sources, with the build's library, on the mock profile in a folder of the test's."""
import atexit
import contextlib
import os
import shutil
import sys
import tempfile

SRC, BUILD = os.environ["TOP_SRCDIR"], os.environ["TOP_BUILDDIR"]
SLOW = float(os.environ.get("LARDER_SLOW", "1"))
PACKAGE = os.path.join(SRC, "core/python")
PICTURES = os.path.join(SRC, "doc/examples/pictures")
HOME = tempfile.mkdtemp(prefix="larder-python-")
atexit.register(shutil.rmtree, HOME, True)
os.umask(0o022)
sys.dont_write_bytecode = True
sys.path[:0] = [PACKAGE, os.path.join(SRC, "tests/lib")]

for name in [name for name in os.environ if name.startswith(("LARDER_", "XDG_"))]:
    if name not in ("LARDER_SLOW", "LARDER_SERVERS"):
        del os.environ[name]
os.environ.update(LARDER_LIBRARY=os.path.join(BUILD, ".libs/liblarder.so.0"), LARDER_MODULE_DIR=os.path.join(BUILD, ".libs"),
                  LARDER_CONFIG=os.path.join(SRC, "etc/larder.ini"), LARDER_PROFILE="mock", LARDER_FSYNC="no",
                  LARDER_ROOT=os.path.join(HOME, "demo"), XDG_STATE_HOME=os.path.join(HOME, "state"))
os.chdir(HOME)

from tap import run  # noqa: E402,F401


def picture(name):
    return os.path.join(PICTURES, name)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def raises(kind, call, *words):
    """The exception of this very kind, whose text has each of the words."""
    try:
        call()
    except Exception as error:
        assert type(error) is kind, "%s instead of %s: %s" % (type(error).__name__, kind.__name__, error)
        for word in words:
            assert word in str(error), (word, str(error))
        return error
    raise AssertionError("nothing raised")


@contextlib.contextmanager
def closings(larder):
    """The handles that are closed meanwhile."""
    closed, library = [], larder._library.load()
    real = library.larder_close
    library.larder_close = lambda handle: (closed.append(handle), real(handle))
    try:
        yield closed
    finally:
        library.larder_close = real
