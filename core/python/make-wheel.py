#!/usr/bin/env python3
"""make-wheel.py: a wheel of the module with liblarder, its private libraries and modules inside. The standard library is enough.

    make-wheel.py --version 0.1.0 --source SRCDIR --build BUILDDIR --into FOLDER [--strip STRIP] --libraries A.la… --modules B.la… --private C.la…

What is inside is found by where it lies: liblarder beside the package's files, modules by the folder that larder is told, private libraries in
`private` beside them. So the folders of the build, which their RUNPATH names, are taken out. The wheel names the system's libraries that it
needs (METADATA, Requires-External); the same sources give the same bytes (SOURCE_DATE_EPOCH)."""
import argparse
import base64
import hashlib
import os
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile

NEEDED, STRTAB, RUNPATH, RPATH = 1, 5, 29, 15


class Elf:
    """The dynamic section of a shared object of this machine's kind, 64 bits."""

    def __init__(self, data):
        self.data = bytearray(data)
        if self.data[:4] != b"\x7fELF" or self.data[4] != 2:
            raise SystemExit("make-wheel.py: not an ELF file of 64 bits")
        self.order = "<" if self.data[5] == 1 else ">"
        offset, = self.unpack("Q", 32)
        size, count = self.unpack("HH", 54)
        parts = [self.unpack("IIQQQQQQ", offset + i * size) for i in range(count)]
        self.loads = [part for part in parts if part[0] == 1]
        _, _, self.at, _, _, length, _, _ = next(part for part in parts if part[0] == 2)
        self.entries = [self.unpack("qQ", self.at + i * 16) for i in range(length // 16)]

    def unpack(self, form, at):
        return struct.unpack_from(self.order + form, self.data, at)

    def text(self, offset):
        table = next(value for tag, value in self.entries if tag == STRTAB)
        _, _, file, address, *_ = next(load for load in self.loads if load[3] <= table < load[3] + load[5])
        start = table - address + file + offset
        return self.data[start:self.data.index(0, start)].decode()

    def needed(self):
        return [self.text(value) for tag, value in self.entries if tag == NEEDED]

    def without_runpath(self):
        kept = [entry for entry in self.entries if entry[0] not in (RUNPATH, RPATH)]
        kept += [(0, 0)] * (len(self.entries) - len(kept))
        for i, entry in enumerate(kept):
            struct.pack_into(self.order + "qQ", self.data, self.at + i * 16, *entry)
        return bytes(self.data)


def dlname(la):
    """The file that a .la stands for, by the name that the loader looks for."""
    with open(la) as file:
        name = next(line for line in file if line.startswith("dlname=")).split("'")[1]
    return os.path.join(os.path.dirname(la), ".libs", name), name


def stripped(path, strip):
    if not strip:
        with open(path, "rb") as file:
            return file.read()
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        subprocess.run([*strip.split(), "--strip-unneeded", "-o", out, path], check=True)
        with open(out, "rb") as file:
            return file.read()


def shared_objects(asked):
    """(name in the wheel, bytes, what it needs) of each library."""
    for folder, group in (("larder/lib", asked.libraries), ("larder/lib/modules", asked.modules), ("larder/lib/modules/private", asked.private)):
        for la in group:
            path, name = dlname(os.path.join(asked.build, la))
            elf = Elf(stripped(path, asked.strip))
            yield "%s/%s" % (folder, name), elf.without_runpath(), elf.needed()


def metadata(version, needs):
    sys.path.insert(0, os.path.join(ASKED.source, "core/python/larder"))
    import _needs
    packages = sorted({_needs.PACKAGES[name] for name in needs if name in _needs.PACKAGES})
    lines = ["Metadata-Version: 2.1", "Name: larder", "Version: " + version, "Summary: pictures, models and objects in the stores of a pipeline file",
             "Requires-Python: >=3.9", *["Requires-External: " + name for name in needs], "Description-Content-Type: text/markdown", "",
             "# larder", "", "The Python module of larder, with liblarder and its modules inside. No other Python package is needed.", "",
             "The system's libraries are: %s. On Debian:" % ", ".join(needs), "", "    apt-get install " + " ".join(packages), "",
             "One that is missing is named when it is needed first: those of liblarder by the first call, those of a codec or driver by the first",
             "picture or store that asks for it.", ""]
    return "\n".join(lines).encode()


def record(files):
    """Every file with its SHA-256, itself without."""
    lines = ["%s,sha256=%s,%d" % (name, base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode(), len(data)) for name, data in files]
    return lines


def write(path, files):
    moment = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800))[:6]
    with zipfile.ZipFile(path + ".part", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files:
            entry = zipfile.ZipInfo(name, moment)
            entry.external_attr = (0o100755 if ".so" in os.path.basename(name) else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    os.replace(path + ".part", path)


def main():
    tag = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")
    package = os.path.join(ASKED.source, "core/python/larder")
    files, needs = [], set()
    for name in sorted(os.listdir(package)):
        if name.endswith((".py", ".typed")) and name != "_where.py":
            with open(os.path.join(package, name), "rb") as file:
                files.append(("larder/" + name, file.read()))
    inside = list(shared_objects(ASKED))
    for _, _, names in inside:
        needs.update(names)
    files += [(name, data) for name, data, _ in inside]
    ours = {os.path.basename(name) for name, _, _ in inside}
    needs = sorted(name for name in needs - ours if not name.startswith(("libc.so", "libm.so", "libdl.so", "libpthread.so", "ld-linux")))
    info = "larder-%s.dist-info/" % ASKED.version
    with open(os.path.join(ASKED.source, "LICENSE"), "rb") as file:
        files.append((info + "LICENSE", file.read()))
    files.append((info + "METADATA", metadata(ASKED.version, needs)))
    files.append((info + "WHEEL", ("Wheel-Version: 1.0\nGenerator: larder (make wheel)\nRoot-Is-Purelib: false\nTag: %s\n" % tag).encode()))
    files.append((info + "RECORD", "\n".join(record(files) + [info + "RECORD,,", ""]).encode()))
    os.makedirs(ASKED.into, exist_ok=True)
    path = os.path.join(ASKED.into, "larder-%s-%s.whl" % (ASKED.version, tag))
    write(path, files)
    print(path)


parser = argparse.ArgumentParser()
for word in ("version", "source", "build", "into"):
    parser.add_argument("--" + word, required=True)
parser.add_argument("--strip", default="")
for word in ("libraries", "modules", "private"):
    parser.add_argument("--" + word, nargs="*", default=[])
ASKED = parser.parse_args()
main()
