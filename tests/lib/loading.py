"""loading.py: the environment of a Python that loads the module of this tree, and the library that it was built with."""
import os
import re
import subprocess


def environment():
    library = os.path.join(os.environ["TOP_BUILDDIR"], ".libs/liblarder.so.0")
    found = {"PYTHONPATH": os.path.join(os.environ["TOP_SRCDIR"], "core/python"), "LARDER_LIBRARY": library}
    sanitizer = re.search(r"=> (\S*/libasan\S*)", subprocess.run(["ldd", library], capture_output=True, text=True).stdout)
    if sanitizer:       # it has to be there before the interpreter, whose own memory is nobody's concern here
        found.update(LD_PRELOAD=sanitizer.group(1), ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    return found
