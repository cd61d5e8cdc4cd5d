#!/usr/bin/env python3
"""`make install` puts the module where it says, with the library's place in it; it runs from there, and `make uninstall` leaves nothing of it."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import BUILD, HOME, picture, run  # noqa: E402

ENV = {name: value for name, value in os.environ.items() if not name.startswith(("LARDER_LIB", "LARDER_MOD", "LD_", "MAKE", "MFLAGS", "PYTHON"))}
PARTS = ("pkgpythonPYTHON", "nodist_pkgpythonPYTHON", "pkgpythonDATA")
ROOT = os.path.join(HOME, "root")


def make(*words):
    done = subprocess.run(["make", "-s", "-C", BUILD, "DESTDIR=" + ROOT, *words], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-2000:]


def value(name):
    """Of a variable of the Makefile, whole."""
    rule = os.path.join(HOME, "print.mk")
    with open(rule, "w") as file:
        file.write("include Makefile\nprint-value: ; @echo '$(%s)'\n" % name)
    return subprocess.run(["make", "-s", "-C", BUILD, "-f", rule, "print-value"], env=ENV, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def test_python_install_runs_from_where_it_was_put():
    """The module's part of it: tests/module/test-hello-driver.sh installs all, while other tests run."""
    make(*["install-" + part for part in PARTS])
    folder, libraries = ROOT + value("pythondir"), os.path.join(BUILD, ".libs")
    with open(os.path.join(folder, "larder/_where.py")) as file:
        place = {}
        exec(file.read(), place)
    assert place["LIBRARY"] == value("libdir") + "/liblarder.so.0", place["LIBRARY"]
    assert os.path.exists(os.path.join(folder, "larder/py.typed"))
    # the same with the place where the library of this build stands
    with open(os.path.join(folder, "larder/_where.py"), "w") as file:
        file.write('LIBRARY = "%s/liblarder.so.0"\n' % libraries)
    program = ("import sys; sys.path.insert(0, %r); import larder\nwith larder.open(module_dir=%r) as store:\n"
               "    print(store.upload_image(%r, 'install', 'j').stored, larder.__file__)\n"
               "    print('%s/liblarder.so.0' in open('/proc/self/maps').read())" % (folder, libraries, picture("dunes.png"), libraries))
    done = subprocess.run([sys.executable, "-B", "-c", program], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.stdout.split() == ["new", folder + "/larder/__init__.py", "True"], done.stdout


def test_python_install_uninstall_leaves_nothing():
    folder = ROOT + value("pythondir") + "/larder"
    assert os.path.exists(folder + "/__init__.py")
    make(*["uninstall-" + part for part in PARTS])
    left = [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names]
    assert not left, left


run(sys.modules[__name__])
