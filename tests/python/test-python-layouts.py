#!/usr/bin/env python3
"""The module's ctypes structs against the headers: a C program that the compiler of the build makes says sizes and offsets."""
import ctypes
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, SRC, run  # noqa: E402
from larder import _calls, _structs, errors  # noqa: E402

STRUCTS = {name: value for name, value in vars(_structs).items()
           if isinstance(value, type) and issubclass(value, ctypes.Structure) and "_fields_" in vars(value)}


def program():
    lines = ["#include <larder/larder.h>", "#include <stdio.h>", "int main (void) {"]
    for name, struct in STRUCTS.items():
        lines.append('printf ("%s %%zu\\n", sizeof (struct larder_%s));' % (name, name))
        for field in struct._fields_:
            lines.append('printf ("%s.%s %%zu %%zu\\n", offsetof (struct larder_%s, %s), sizeof ((struct larder_%s *) 0)->%s);'
                         % (name, field[0], name, field[0], name, field[0]))
    return "\n".join(lines + ["return 0; }"])


def ask(text):
    """What a C program prints."""
    source, binary = os.path.join(HOME, "said.c"), os.path.join(HOME, "said")
    with open(source, "w") as file:
        file.write(text)
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run([*compiler, "-I" + os.path.join(SRC, "core/include"), "-o", binary, source], check=True, stderr=subprocess.STDOUT, stdout=2)
    return subprocess.run([binary], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def test_python_layouts_every_field_is_where_the_header_has_it():
    ours = []
    for name, struct in STRUCTS.items():
        ours.append("%s %d" % (name, ctypes.sizeof(struct)))
        for field in struct._fields_:
            at = getattr(struct, field[0])
            ours.append("%s.%s %d %d" % (name, field[0], at.offset, at.size))
    theirs = ask(program())
    assert len(STRUCTS) >= 15 and ours == theirs, [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]


def test_python_layouts_every_code_has_its_exception():
    """Of enum larder_code, all that reach an application; and the numbers that the module writes out."""
    names = ["%s" % kind.code for kind in errors.KINDS.values()]
    lines = ["#include <larder/larder.h>", "#include <stdio.h>", "int main (void) {"]
    lines += ['printf ("%%d\\n", LARDER_E_%s);' % name for name in names]
    lines.append('printf ("%lld %llu %d %d %d %d %d\\n", (long long) LARDER_NO_TIME, (unsigned long long) UINT64_MAX, LARDER_MODEL_REVALIDATE, LARDER_READ_ONLY, '
                 "LARDER_CREATE_ONLY, LARDER_INFO_PREFIX, LARDER_INFO_DELETE_MARKER);")
    said = ask("\n".join(lines + ["return 0; }"]))
    assert [int(line) for line in said[:-1]] == list(errors.KINDS), said
    assert sorted(errors.KINDS) == list(range(-11, 0)) and errors.KINDS[_calls.CANCELLED] is errors.Cancelled, errors.KINDS
    assert said[-1].split() == [str(number) for number in (_structs.NO_TIME, _structs.ALL, _structs.REVALIDATE, _structs.READ_ONLY, _structs.CREATE_ONLY,
                                                           _structs.IS_PREFIX, _structs.IS_DELETED)], said[-1]


run(sys.modules[__name__])
