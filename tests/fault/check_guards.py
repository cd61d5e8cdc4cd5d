"""check_guards.py: a build without each guard of `guards` in turn: its test must miss it. check_guards.py TREE FOLDER [GUARD…]

TREE is the source; FOLDER gets a copy of it and one build, which stay for the next run. First every test is run with all guards: it
must pass. A text that is not in its source exactly once, and a variant that does not build, are errors, not red tests."""
import os
import re
import shutil
import subprocess
import sys

LEFT_OUT = shutil.ignore_patterns(".git", "build*-asan", "build-guards", "build-threads", "autom4te.cache")


class Bad(Exception):
    """The file of guards does not fit the tree."""


def read_guards(path):
    with open(path) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, source, text, instead, test, needs = (field.replace("\\n", "\n").replace("\\t", "\t") for field in line.rstrip("\n").split("\t"))
                yield name, source, text, instead, test, needs


def run(*words, log, **more):
    with open(log, "w") as file:
        return subprocess.run(words, stdout=file, stderr=subprocess.STDOUT, **more).returncode


class Variants:
    def __init__(self, tree, folder):
        self.tree, self.build, self.log = os.path.join(folder, "tree"), os.path.join(folder, "build"), os.path.join(folder, "log")
        if os.path.isdir(self.tree):
            shutil.rmtree(self.tree)
        shutil.copytree(tree, self.tree, symlinks=True, ignore=LEFT_OUT)           # times are kept: what is built stays built
        os.makedirs(self.build, exist_ok=True)
        if not os.path.exists(os.path.join(self.build, "config.status")):
            if run(os.path.join(self.tree, "configure"), "-q", "CFLAGS=-O1 -g", log=self.log, cwd=self.build):
                raise Bad("configure fails; see %s" % self.log)

    def write(self, source, text):
        with open(os.path.join(self.tree, source), "w") as file:
            file.write(text)

    def environment(self):
        """As make check gives it."""
        return dict(os.environ, TOP_SRCDIR=self.tree, TOP_BUILDDIR=self.build, LARDER_MODULE_DIR=os.path.join(self.build, ".libs"), PYTHON3=sys.executable,
                    CK_TAP_LOG_FILE_NAME="-", CK_VERBOSITY="silent", CK_DEFAULT_TIMEOUT="60", XDG_STATE_HOME=os.path.join(self.build, "tests/state"))

    def red(self, name, test, needs):
        """The cases that fail, after a build that must not."""
        for goals in (["all"], needs.split(" ")):                                   # one after the other: all is a make of its own
            if run("make", "-s", "-j%d" % os.cpu_count(), "-C", self.build, *goals, log=self.log):
                raise Bad("%s: does not build; see %s" % (name, self.log))
        path, *cases = test.split(" ")
        words = [sys.executable, os.path.join(self.tree, path), *cases] if path.endswith(".py") else [os.path.join(self.build, path)]
        code = run(*words, log=self.log, env=self.environment(), cwd=self.build)
        with open(self.log, errors="replace") as file:
            said = file.read()
        passed, failed = (re.findall(r"^%s \d+ - (?:\S+\.c:)?([\w-]+)" % word, said, re.M) for word in ("ok", "not ok"))
        if not passed + failed or (code != 0) != bool(failed):
            raise Bad("%s: %s ends with %d, and not by a case; see %s" % (name, test, code, self.log))
        return failed

    def without(self, name, source, text, instead, test, needs):
        with open(os.path.join(self.tree, source)) as file:
            whole = file.read()
        if whole.count(text) != 1:
            raise Bad("%s: the text is %d times in %s" % (name, whole.count(text), source))
        self.write(source, whole.replace(text, instead))
        try:
            return self.red(name, test, needs)
        finally:
            self.write(source, whole)


def main(tree, folder, *names):
    guards = [guard for guard in read_guards(os.path.join(tree, "tests/fault/guards")) if not names or guard[0] in names]
    variants = Variants(tree, os.path.abspath(folder))
    for source in {guard[1] for guard in guards}:                                    # a run that was killed may have left its variant built
        os.utime(os.path.join(variants.tree, source))
    for test, needs in sorted({guard[4:6] for guard in guards}):
        failed = variants.red("with all guards", test, needs)
        if failed:
            raise Bad("%s is red with all guards: %s" % (test, failed))
    missed = 0
    for guard in guards:
        failed = variants.without(*guard)
        missed += not failed
        print("%-4s %-24s %s: %s" % ("red" if failed else "MISS", guard[0], guard[4].split(" ")[0], ", ".join(failed[:3]) + (" and %d more" % (len(failed) - 3) if len(failed) > 3 else "")),
              flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Bad as error:
        print("check-guards: %s" % error, file=sys.stderr)
        sys.exit(2)
