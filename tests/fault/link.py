"""link.py: the line to a server, that breaks. Of a Link all connections are reset, and new ones refused until it is back; a Route is lost for
all on this machine: what is sent over an open connection is swallowed, and there is no way for a new one.

    with link.Link(server.endpoint) as line:
        line.breaks(after=1000000, seconds=2)       # once so many bytes have passed, either way; seconds=None: for good
        ... line.endpoint ...
        line.down, line.passed                      # how often it broke, bytes that passed
        line.mend()
"""
import contextlib
import fcntl
import os
import selectors
import socket
import struct
import sys
import threading
import time
import urllib.parse


class Link:
    def __init__(self, upstream):
        parts = urllib.parse.urlsplit(upstream)
        self.upstream, self.left, self.seconds, self.down, self.passed, self.back = (parts.hostname, parts.port), None, None, 0, 0, None
        self.selector, self.peers, self.lock = selectors.DefaultSelector(), {}, threading.Lock()
        self.wake, self.ended = socket.socketpair()
        self.selector.register(self.ended, selectors.EVENT_READ)
        self.listener = None
        self.port = 0
        self.listen()
        self.endpoint = "http://127.0.0.1:%d" % self.port
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def listen(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        self.selector.register(self.listener, selectors.EVENT_READ)

    def breaks(self, after, seconds):
        with self.lock:
            self.left, self.seconds = after, seconds

    def mend(self):
        """At once."""
        with self.lock:
            self.back = None
            self.listen()

    def drop(self, one):
        """Both sides of a connection, by RST."""
        for each in (one, self.peers.pop(one, None)):
            if each and each.fileno() >= 0:
                self.peers.pop(each, None)
                self.selector.unregister(each)
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                each.close()

    def cut(self):
        self.down += 1
        self.left = None
        self.back = time.monotonic() + self.seconds if self.seconds is not None else float("inf")
        self.selector.unregister(self.listener)
        self.listener.close()
        self.listener = None
        for one in list(self.peers):
            self.drop(one)

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(self.upstream)
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.peers[one] = other
            self.selector.register(one, selectors.EVENT_READ)

    def move(self, one):
        try:
            data = one.recv(65536)
            if data:
                self.peers[one].sendall(data)
        except OSError:
            data = b""
        if not data:
            self.drop(one)
        self.passed += len(data)
        if self.left is not None:
            self.left -= len(data)

    def serve(self):
        while True:
            for key, _ in self.selector.select(0.05):
                if key.fileobj is self.ended:
                    return
                with self.lock:
                    if key.fileobj is self.listener:
                        self.accept()
                    elif key.fileobj in self.peers:
                        self.move(key.fileobj)
            with self.lock:
                if self.left is not None and self.left <= 0:
                    self.cut()
                if self.back is not None and time.monotonic() >= self.back:
                    self.back = None
                    self.listen()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wake.send(b"x")
        self.thread.join()
        for one in list(self.peers):
            self.drop(one)
        if self.listener:
            self.listener.close()
        self.wake.close()
        self.ended.close()
        self.selector.close()


SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
OWN = "LARDER_OWN_NETWORK"


def own_network():
    """From here on the program runs in a network namespace of its own, whose loopback it may take down."""
    if OWN not in os.environ:
        os.environ[OWN] = "yes"
        os.execvp("unshare", ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]), sys.executable, *sys.argv])
    loopback(True)


def loopback(up):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        got = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", got)[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP if up else flags & ~IFF_UP))


class Route(Link):
    def cut(self):
        self.down += 1
        self.left = None
        loopback(False)
        if self.seconds is not None:
            threading.Timer(self.seconds, loopback, [True]).start()      # not from here: this thread may be sending

    def mend(self):
        """What is still open is given up: it would be silent until the system sends again, which it does ever more rarely."""
        for one in list(self.peers):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        loopback(True)
