"""aio.py: the calls of a Store as awaitables. Each runs in a thread of its own, so the loop goes on; a cancelled awaitable ends
its call within a second, and no other.

    async with larder.aio.open("larder.ini", profile="minio") as store:
        await asyncio.gather(*[store.upload_image(image, "u1", job) for job, image in images.items()])
"""
from __future__ import annotations

import asyncio
import functools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, AsyncIterator, Awaitable, Callable, Optional, TypeVar

from ._calls import Running
from .store import Path, Store

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec
    P = ParamSpec("P")
T = TypeVar("T")


async def run(work: "Callable[[], T]") -> T:
    """`work`, which makes calls of a Store, in a thread; when this is cancelled, so is the call that it is in."""
    running = Running(work)
    future = asyncio.wrap_future(running.start())
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        running.cancel()
        await asyncio.wait([future])     # what the call reads is the caller's again
        future.cancelled() or future.exception()   # looked at: nobody else will
        raise


def _awaitable(method: "Callable[Concatenate[Store, P], T]") -> "Callable[Concatenate[AsyncStore, P], Awaitable[T]]":
    def call(self: "AsyncStore", /, *arguments: "P.args", **named: "P.kwargs") -> "Awaitable[T]":
        return run(functools.partial(method, self.store, *arguments, **named))
    functools.update_wrapper(call, method)
    return call


class AsyncStore:
    """A Store whose calls are awaited; arguments and results are those of Store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    upload_image = _awaitable(Store.upload_image)
    load_model = _awaitable(Store.load_model)
    thumbnail = _awaitable(Store.thumbnail)
    image_url = _awaitable(Store.image_url)
    thumbnail_url = _awaitable(Store.thumbnail_url)
    thumbnail_key = _awaitable(Store.thumbnail_key)
    sign_url = _awaitable(Store.sign_url)
    sign_cookies = _awaitable(Store.sign_cookies)
    invalidate = _awaitable(Store.invalidate)
    setting = _awaitable(Store.setting)
    get = _awaitable(Store.get)
    put = _awaitable(Store.put)
    stat = _awaitable(Store.stat)
    list = _awaitable(Store.list)
    remove = _awaitable(Store.remove)


@asynccontextmanager
async def open(config: Optional[Path] = None, profile: Optional[str] = None, **settings: Any) -> "AsyncIterator[AsyncStore]":
    """As larder.open, for `async with`; its end waits for no call but ends them."""
    store = await run(lambda: Store(config, profile, **settings))
    try:
        yield AsyncStore(store)
    finally:
        await run(store.close)
