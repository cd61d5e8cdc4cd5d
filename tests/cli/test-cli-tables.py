#!/usr/bin/env python3
"""Help, manual and completions come from the same tables, and the tool starts fast."""
import os
import re
import resource
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import COMMANDS, ENV, LARDER, SLOW, SRC, larder, read, run  # noqa: E402

LISTED = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", larder("help").out.split("Commands:\n")[1].split("\nOptions")[0], re.M)


def flags_of(command):
    return set(re.findall(r"^  (?:-\w, |    )(--[a-z-]+)", larder(*command.split(), "--help").out, re.M))


def test_cli_tables_every_command_listed():
    assert sorted(LISTED) == sorted(COMMANDS), (LISTED, COMMANDS)


def test_cli_tables_manual_is_committed():
    assert larder("help", "--man").raw == read(os.path.join(SRC, "doc/man/larder.1")), "run: larder help --man > doc/man/larder.1"


def test_cli_tables_manual_has_every_command_and_flag():
    manual = larder("help", "--man").out.replace("\\-", "-")
    sections = dict(re.findall(r"^\.SS larder ([a-z]+(?: [a-z]+)?)(?=[ \n])(.*?)(?=^\.S[SH])", manual, re.M | re.S))
    shared = set(re.findall(r"--([a-z-]+)", manual.split(".SH OPTIONS")[1].split(".SH COMMANDS")[0]))
    named = {re.match(r"\.SS larder (.*)", line).group(1) for line in manual.split("\n") if line.startswith(".SS")}
    for command in COMMANDS:
        assert any(name == command or name.startswith(command + " ") for name in named), command
    for command in COMMANDS:
        body = manual.split(".SS larder " + command, 1)[1].split("\n.S", 1)[0]
        for flag in flags_of(command):
            assert flag[2:] in shared or "\\fB" + flag in body, (command, flag)
    assert sections


def test_cli_tables_completions_have_every_command_and_flag():
    bash, fish, zsh = (larder("completion", shell).out for shell in ("bash", "fish", "zsh"))
    for command in COMMANDS:
        line = re.search(r"'%s'\) flags='([^']*)'" % command, bash).group(1) + bash.split("compgen -W \"$flags")[1].split('"')[0]
        for flag in flags_of(command):
            assert flag in line.split(), (command, flag)
            assert " -l " + flag[2:] in fish, flag
    assert bash in zsh and zsh.startswith("#compdef larder")


def test_cli_tables_bash_completion_works():
    def complete(*words):
        script = "eval \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _larder; printf '%s\\n' \"${COMPREPLY[@]}\""
        done = subprocess.run(["bash", "-c", script, "-", larder("completion", "bash").out, *words], stdout=subprocess.PIPE, env=ENV)
        return done.stdout.decode().split()
    assert complete("larder", "im") == ["image"]
    assert complete("larder", "image", "in") == ["ingest"]
    assert "--recursive" in complete("larder", "put", "--re")
    assert complete("larder", "config", "show", "--al") == ["--all"]


def test_cli_tables_help_starts_with_examples():
    for command in COMMANDS:
        for got in (larder(*command.split(), "--help"), larder("help", *command.split())):
            assert got.code == 0 and got.out.startswith("Examples:\n  "), command
    assert larder("image", "--help").out.startswith("Examples:")


def test_cli_tables_example_with_a_pipe_stays_whole():
    assert "  date | larder put - images:raw/now.txt\n      standard input\n" in larder("put", "--help").out
    assert "\\fBdate | larder put \\- images:raw/now.txt\\fR\nstandard input\n" in larder("help", "--man").out


def test_cli_tables_bare_tool_prints_ten_lines():
    got = larder()
    assert got.code == 0 and got.out.count("\n") == 10 and got.out.count("--profile mock") == 2, got.out


def test_cli_tables_mistyped_command_gets_a_suggestion():
    got = larder("mvoe", "a", "b")
    assert got.code == 2 and got.out == "", got.out
    assert "'larder ls'" in larder("sl").err or larder("sl").code == 2
    assert "'larder image ingest'" in larder("image", "ingset").err
    assert "'larder stat'" in larder("stta").err


def test_cli_tables_mistyped_flag_gets_a_suggestion():
    got = larder("ls", "--recursiv", "images:")
    assert got.code == 2 and "--recursive" in got.err, got.err
    assert larder("--profil", "mock", "store", "list").code == 2


def test_cli_tables_global_flags_before_and_after():
    env = {"LARDER_PROFILE": ""}
    assert larder("--profile", "mock", "-q", "store", "list", "--json", env=env).code == 0
    assert larder("store", "--profile=mock", "list", "--json", env=env).code == 0
    assert larder("store", "list", "--profile", "mock", "-q", env=env).code == 0


def test_cli_tables_wrong_operands_are_usage():
    for args in (["put", "x"], ["stat"], ["rm"], ["completion", "tcsh"], ["version", "more"], ["image"], ["help", "nothing"]):
        got = larder(*args)
        assert got.code == 2 and "next:" in got.err, (args, got.err)


def test_cli_tables_version_is_cheap():
    # larder version: at most 5 ms of processor, the median of 21 runs, and neither libcurl nor OpenSSL.
    spent = []
    for _ in range(21):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([LARDER, "version"], stdout=subprocess.DEVNULL, env=ENV, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert sorted(spent)[10] <= 0.005 * (1 if SLOW == 1 else 100), spent
    loaded = subprocess.run(["ldd", LARDER], stdout=subprocess.PIPE, env=ENV).stdout.decode()
    assert "liblarder" in loaded and not re.search(r"libcurl|libssl|libcrypto", loaded), loaded


def test_cli_tables_version_opens_nothing():
    got = larder("version", env={"LARDER_CONFIG": "/nonexistent", "LARDER_MODULE_DIR": "/nonexistent", "LARDER_PROFILE": "none"})
    assert got.code == 0 and re.match(r"larder \d+\.\d+", got.out) and got.err == "", got.err
    assert larder("--version").out == got.out


run(sys.modules[__name__])
