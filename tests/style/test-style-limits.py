#!/usr/bin/env python3
"""Limits of the house style: lengths, banned calls, writable file-scope data, folder sentences; and guards that fit the tree."""
import os
import re
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fault")]
import check_guards  # noqa: E402
import tree  # noqa: E402

BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|alloca|tmpnam|mktemp|strncpy|strncat)\s*\("
SOURCES = [p for p in tree.files(".c", ".h") if not p.startswith("doc/")]
OURS = [p for p in SOURCES if not p.startswith("tests/")]


def long_functions():
    for path in tree.files(".c"):
        for start, lines in tree.functions(tree.read(path)):
            if lines > 60:
                yield "%s:%d: a function of %d lines" % (path, start, lines)


def long_files():
    for path in SOURCES:
        lines = tree.read(path).count("\n")
        if lines > 600:
            yield "%s: %d lines" % (path, lines)


def banned_calls():
    for path in SOURCES:
        for number, line in enumerate(tree.without_comments(tree.read(path)).split("\n"), 1):
            if re.search(BANNED, line):
                yield "%s:%d: %s" % (path, number, line.strip())


def trusting_the_environment():
    for path in OURS:
        for number, line in enumerate(tree.without_comments(tree.read(path)).split("\n"), 1):
            if re.search(r"(?<!secure_)\bgetenv\s*\(", line):
                yield "%s:%d: secure_getenv, please: %s" % (path, number, line.strip())
            if re.search(r"\btmpfile\s*\(", line):
                yield "%s:%d: file_temporary_stream, please, which knows TMPDIR: %s" % (path, number, line.strip())


def no_purpose():
    for path in SOURCES:
        if not re.match(r"(/\*|#define LARDER_API_VERSION \d+\n/\*)", tree.read(path)):
            yield "%s: does not begin with what it is for" % path


def no_sentence():
    folders = {os.path.dirname(p) for p in OURS if not p.startswith("core/include")}
    for folder in sorted(folders):
        if not os.path.exists(os.path.join(tree.ROOT, folder, "README.md")):
            yield "%s has no README.md" % folder


def unfinished():
    for path in tree.files(".c", ".h", ".py", ".sh", ".mk", ".ini"):
        if path.endswith("test-style-limits.py"):
            continue
        for number, line in enumerate(tree.read(path).split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b|#if 0|not implemented", line):
                yield "%s:%d: %s" % (path, number, line.strip())


def guards_of_another_tree():
    """make check-guards builds for minutes before it comes to one of them."""
    for name, source, text, *_ in check_guards.read_guards(os.path.join(tree.ROOT, "tests/fault/guards")):
        count = tree.read(source).count(text)
        if count != 1:
            yield "tests/fault/guards: %s: its text is %d times in %s" % (name, count, source)


tap = tree.Tap()
tap.check("test-style-limits-functions-60-lines", long_functions())
tap.check("test-style-limits-files-600-lines", long_files())
tap.check("test-style-limits-banned-calls", banned_calls())
tap.check("test-style-limits-environment-of-others", trusting_the_environment())
tap.check("test-style-limits-purpose-comment", no_purpose())
tap.check("test-style-limits-folder-sentence", no_sentence())
tap.check("test-style-limits-nothing-unfinished", unfinished())
tap.check("test-style-limits-guards-fit", guards_of_another_tree())
sys.exit(tap.end())
