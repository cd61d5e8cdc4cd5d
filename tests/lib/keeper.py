"""keeper.py FOLDER PROGRAM ARG…: runs one server for a test, and sees to its end, whatever becomes of the test.

Between test and server, because a test that is killed cleans up nothing. The end of stdin is the end of the test: the
server is stopped and FOLDER removed. Commands on stdin: "signal N", "start" (again, after it ended). Reports on
stdout: "pid N", "sent N" (a stopped one stands still by then), "exit N". The server's own output goes to FOLDER/log. Should this program itself be killed, the
kernel kills the server.
"""
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys

PATIENCE = 10
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


class Keeper:
    def __init__(self, folder, words):
        self.folder, self.words = folder, words
        self.server, self.watch = None, None
        self.me = os.getpid()

    def in_child(self):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.me:
            os._exit(1)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.server = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                           preexec_fn=self.in_child)
        self.watch = os.pidfd_open(self.server.pid)
        report("pid %d" % self.server.pid)

    def ended(self):
        os.close(self.watch)
        self.watch = None
        report("exit %d" % self.server.wait())

    def obey(self, command):
        words = command.split()
        if words[0] == "signal" and self.watch is not None:
            signal.pidfd_send_signal(self.watch, int(words[1]))
            if int(words[1]) == signal.SIGSTOP:   # all its threads
                os.waitid(os.P_PIDFD, self.watch, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            report("sent %s" % words[1])
        elif words[0] == "start" and self.watch is None:
            self.start()

    def run(self):
        """Until stdin ends."""
        pending = b""
        while True:
            ready, _, _ = select.select([0] + ([self.watch] if self.watch is not None else []), [], [])
            if self.watch in ready:
                self.ended()
            if 0 in ready:
                data = os.read(0, 4096)
                if not data:
                    return
                *commands, pending = (pending + data).split(b"\n")
                for command in commands:
                    self.obey(command.decode())

    def end(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.watch is not None:
            for number in (signal.SIGCONT, signal.SIGTERM):
                signal.pidfd_send_signal(self.watch, number)
            if not select.select([self.watch], [], [], PATIENCE)[0]:
                signal.pidfd_send_signal(self.watch, signal.SIGKILL)
            self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def report(line):
    try:
        os.write(1, line.encode() + b"\n")
    except OSError:
        pass                              # the test is gone; the end of stdin comes next


def leave(*_):
    raise SystemExit(0)


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    keeper = Keeper(sys.argv[1], sys.argv[2:])
    try:
        keeper.start()
        keeper.run()
    finally:
        keeper.end()


main()
