"""_calls.py: calls under way: handles for them, and how Ctrl-C or a cancelled awaitable ends one of them and no other.

larder_cancel ends every call of a handle. So each call has a handle to itself while it runs; those that are done lie ready for
the next one. Calls of the main thread run in another thread: Python sees Ctrl-C
between its own instructions alone, and a thread inside C executes none. What a call uses belongs to the thread that makes it, so
whoever waits for it may leave (a second Ctrl-C)."""
from __future__ import annotations

import ctypes
import logging
import os
import threading
import weakref
from concurrent.futures import Future, wait
from typing import Any, Callable, Generic, List, Optional, Set, TypeVar

from . import _library, _structs as s, errors

T = TypeVar("T")
CANCELLED = -11
logger = logging.getLogger("larder")
logger.addHandler(logging.NullHandler())   # whoever asks for no messages gets none
LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}
_here = threading.local()                # .running: the Running whose thread this is
_pools: "weakref.WeakSet[Handles]" = weakref.WeakSet()


def _log(_context: Any, level: int, text: bytes) -> None:
    logger.log(LEVELS.get(level, logging.DEBUG), "%s", text.decode("utf-8", "replace"))


LOG = s.log_fn(_log)


def _level() -> int:
    """The most that anybody listens to."""
    return max((ours for ours, theirs in LEVELS.items() if logger.isEnabledFor(theirs)), default=0)


class Call:
    """One call: its handle, memory for what it gives back, room for its error."""

    def __init__(self, handle: int) -> None:
        self.library = _library.load()
        self.handle = handle
        self.arena = self.library.larder_arena_new()
        self.error = s.error()
        self.raised: Optional[BaseException] = None   # by a callback, which cannot raise through C
        self.cancelled = False

    def check(self, code: int) -> None:
        if self.raised is not None:
            raise self.raised
        code = self.library.larder_late(self.handle, code, self.error)
        if code < 0:
            raise errors.of(code, self.error)

    def guard(self, function: Callable[..., Any]) -> Callable[..., int]:
        """A callback whose exception ends the call."""
        def guarded(*arguments: Any) -> int:
            try:
                return function(*arguments) or 0
            except BaseException as raised:
                self.raised = raised
                return CANCELLED
        return guarded

    def store(self, name: bytes) -> "Opened":
        return Opened(self, name)

    def cancel(self) -> None:
        self.cancelled = True
        self.library.larder_cancel(self.handle)


class Opened:
    """A store of the pipeline, opened for a `with`."""

    def __init__(self, call: Call, name: bytes) -> None:
        self.call, self.name = call, name
        self.store = ctypes.c_void_p()

    def __enter__(self) -> ctypes.c_void_p:
        self.call.check(self.call.library.larder_store_open(self.call.handle, self.name, self.store, self.call.error))
        return self.store

    def __exit__(self, *_: Any) -> None:
        self.call.library.larder_store_close(self.store)


def _close(idle: List[int]) -> None:
    while idle:
        _library.load().larder_close(idle.pop())


class Handles:
    """Handles on one configuration: as many as there were calls at once."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._begin()
        _pools.add(self)
        with self.call():                # what is wrong with the configuration is said now
            pass

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._idle: List[int] = []
        self._forgotten = weakref.finalize(self, _close, self._idle)   # a store that nobody closed
        self._forgotten.atexit = False
        self._calls: Set[Call] = set()
        self._closed = False

    def _open(self) -> int:
        settings = s.settings(log=LOG, log_level=_level(), **self._settings)
        handle, error = ctypes.c_void_p(), s.error()
        code = _library.load().larder_open(settings, handle, error)
        if code < 0 or not handle.value:
            raise errors.of(code, error)
        return handle.value

    def call(self) -> "Taken":
        return Taken(self)

    def take(self) -> Call:
        with self._changed:
            if self._closed:
                raise errors.Invalid("the store is closed", "open it again with larder.open")
            handle = self._idle.pop() if self._idle else None
        call = Call(handle or self._open())
        with self._changed:
            self._calls.add(call)
        return call

    def give(self, call: Call) -> None:
        call.library.larder_arena_free(call.arena)
        with self._changed:
            keep = not self._closed
            if keep:
                if call.cancelled:
                    call.library.larder_uncancel(call.handle)
                self._idle.append(call.handle)
        if not keep:
            call.library.larder_close(call.handle)
        with self._changed:
            self._calls.discard(call)
            self._changed.notify_all()

    def close(self) -> None:
        """Ends calls that run elsewhere, and waits for them."""
        with self._changed:
            if not self._closed:
                for call in self._calls:
                    call.cancel()
            self._closed = True
            while self._calls:
                self._changed.wait()
            _close(self._idle)

    def run(self, work: Callable[[Call], T]) -> T:
        """`work` with a call of its own; Ctrl-C ends it within a second."""
        def inside() -> T:
            with self.call() as call:
                return work(call)
        if threading.current_thread() is not threading.main_thread():
            return inside()              # no signal arrives here
        running = Running(inside)
        try:
            running.start()
            running.settle()
            return running.future.result()
        except BaseException:
            running.cancel()
            running.settle()
            raise


class Taken:
    """A call of a pool for a `with`; the Running of this thread can cancel it meanwhile."""

    def __init__(self, pool: Handles) -> None:
        self.pool = pool

    def __enter__(self) -> Call:
        self.call = self.pool.take()
        self.running: Optional[Running[Any]] = getattr(_here, "running", None)
        if self.running:
            self.running.attach(self.call)
        return self.call

    def __exit__(self, *_: Any) -> None:
        if self.running:
            self.running.attach(None)
        self.pool.give(self.call)


class Running(Generic[T]):
    """Something that runs in a thread of its own, and the call that it is in."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._call: Optional[Call] = None
        self._cancelled = False
        self._thread = threading.Thread(target=self._run, name="larder", daemon=True)
        self.future: "Future[T]" = Future()

    def start(self) -> "Future[T]":
        try:
            self._thread.start()
        except RuntimeError:             # no thread can be had, as at the end of the process
            self._run()
        return self.future

    def settle(self) -> None:
        """Until it has ended, so that what it reads is the caller's again; Ctrl-C ends that. Looked at ever again, for a signal that comes
        just before a wait begins, or to another thread, does not end that wait."""
        while self._thread.is_alive() and not wait([self.future], timeout=0.25).done:
            pass

    def _run(self) -> None:
        _here.running = self
        try:
            self.future.set_result(self._work())
        except BaseException as raised:
            self.future.set_exception(raised)
        finally:
            _here.running = None

    def attach(self, call: Optional[Call]) -> None:
        with self._lock:
            self._call = call
            if call and self._cancelled:
                call.cancel()

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._call:
                self._call.cancel()


def _forked() -> None:
    """A child has its parent's memory but none of its threads: it begins anew, and leaves the parent's handles alone."""
    for pool in list(_pools):
        pool._forgotten.detach()
        pool._begin()


os.register_at_fork(after_in_child=_forked)
