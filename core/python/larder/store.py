"""store.py: a configuration opened: pictures, models, objects and their addresses."""
from __future__ import annotations

import ctypes
import os
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Optional, Tuple, Union

from . import _library, _structs as s, pixels
from ._calls import Call, Handles, T, logger
from ._objects import Objects, Progress

STORED = {0: "new", 1: "already", 2: "replaced", 3: "would"}
LOADED = {0: "hit", 1: "waited", 2: "filled", 3: "adopted"}
Path = Union[str, "os.PathLike[str]"]
Until = Union[datetime, timedelta]


class Uploaded(Dict[str, Any]):
    """What became of a picture: a dict of what the old helper gave, and all of it as attributes."""
    s3_bucket: str
    s3_key: str
    thumbnail_key: Optional[str]
    file_size: int

    def __init__(self, found: s.ingested) -> None:
        self.s3_bucket, self.s3_key, self.thumbnail_key = s.known(found.bucket), s.known(found.key), s.word(found.thumbnail_key)
        self.file_size = int(found.length)
        super().__init__(s3_bucket=self.s3_bucket, s3_key=self.s3_key, thumbnail_key=self.thumbnail_key, file_size=self.file_size)
        self.stored = STORED.get(found.stored, "other")   # "new", "already", "replaced"
        self.url, self.thumbnail_url = s.word(found.url), s.word(found.thumbnail_url)
        self.content_type, self.note = s.word(found.content_type), s.word(found.note)
        self.thumbnail_bucket, self.thumbnail_size = s.word(found.thumbnail_bucket), int(found.thumbnail_length)
        self.width, self.height = int(found.width), int(found.height)   # 0 of one that was there already
        self.seconds = found.elapsed / 1e9


class Model(str):
    """The path of a model that is whole; and how it came to be there: "hit", "waited", "filled" or "adopted"."""
    how: str
    key: str
    etag: Optional[str]
    length: int
    files: int
    generation: int

    @classmethod
    def of(cls, found: s.model) -> "Model":
        self = cls(s.known(found.path))
        self.how, self.key, self.etag = LOADED.get(found.how, "other"), s.known(found.key), s.word(found.etag)
        self.length, self.files, self.generation = int(found.length), int(found.files), int(found.generation)
        return self


class Store(Objects):
    """Of larder.open. For any number of threads; `with` closes it. `replica`: what is read comes from the replica of each store, and nothing is written."""

    def __init__(self, config: Optional[Path] = None, profile: Optional[str] = None, *, module_dir: Optional[Path] = None,
                 state: Optional[Path] = None, read_only: bool = False, replica: bool = False) -> None:
        folder = _library.module_dir() if module_dir is None else module_dir
        self._handles = Handles(
            config=None if config is None else os.fsencode(config), profile=s.text(profile),
            flags=(s.READ_ONLY if read_only else 0) | (s.REPLICA if replica else 0),
            module_dir=None if folder is None else os.fsencode(folder), state=None if state is None else os.fsencode(state))

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Ends what other threads have under way."""
        self._handles.close()

    def _run(self, work: Callable[[Call], T]) -> T:
        return self._handles.run(work)

    def setting(self, key: str) -> Optional[str]:
        """A value of the configuration, "store.images.bucket"; None where it is not set."""
        def work(call: Call) -> Optional[str]:
            value: Optional[str] = None

            def each(_context: Any, setting: Any) -> int:
                nonlocal value
                if setting.contents.winner:
                    value = s.word(setting.contents.value) or None
                return 0
            told = s.setting_fn(call.guard(each))
            call.check(call.library.larder_config_explain(call.handle, s.text(key), told, None, call.error))
            return value
        return self._run(work)

    # ---- pictures ----

    def upload_image(self, image: Any, user_id: str, job_id: str, format: Optional[str] = None, *, created_at: Optional[datetime] = None,
                     overwrite: bool = False, pipeline: Optional[str] = None, values: Optional[Dict[str, str]] = None,
                     dry_run: bool = False) -> Uploaded:
        """Takes a picture in: image, thumbnail and metadata together or not at all. `image` is a path, encoded bytes, an array, a
        PIL image or larder.Pixels, and stays as it is. Again with the same one: fine, `stored` is "already"; with another one Conflict,
        unless `overwrite`. `created_at`, the job's time, is UTC where it names no zone."""
        def work(call: Call) -> Uploaded:
            given = s.Pairs(values or {})
            request = s.ingest(pipeline=s.text(pipeline), user=s.text(user_id), job=s.text(job_id), format=s.text(format),
                               values=given.view, at=_time(created_at), overwrite=overwrite, dry_run=dry_run)
            found = s.ingested()
            with pixels.into(image, request):
                call.check(call.library.larder_ingest(call.handle, call.arena, request, found, call.error))
                return Uploaded(found)
        return self._run(work)

    def thumbnail(self, image: Any, size: Tuple[int, int], *, pipeline: Optional[str] = None) -> Any:
        """A picture made small, in no store: fits into `size`, never enlarged, 8 bits a sample in sRGB. Of a PIL image a PIL image, of
        an array an array, else larder.Pixels."""
        def work(call: Call) -> Any:
            request, small = s.ingest(pipeline=s.text(pipeline), at=s.NO_TIME), s.raster()
            with pixels.into(image, request):
                call.check(call.library.larder_thumbnail(call.handle, call.arena, request, *size, small, call.error))
            return pixels.like(image, small)
        return self._run(work)

    def image_url(self, key: str, store: str = "images") -> str:
        """Public address of a picture; no network."""
        def work(call: Call) -> str:
            with call.store(s.text(store) or b"") as opened:
                url = ctypes.c_char_p()
                call.check(call.library.larder_url(opened, call.arena, s.text(key), url, call.error))
                return s.known(url.value)
        return self._run(work)

    def thumbnail_url(self, key: str, pipeline: str = "image") -> str:
        """Public address of the thumbnail of the picture at `key`; no network."""
        return self.image_url(self.thumbnail_key(key, pipeline), self.setting("pipeline.%s.thumbnail-store" % pipeline) or "thumbnails")

    def thumbnail_key(self, key: str, pipeline: str = "image") -> str:
        def work(call: Call) -> str:
            found = ctypes.c_char_p()
            call.check(call.library.larder_thumbnail_key(call.handle, call.arena, s.text(pipeline), s.text(key), found, call.error))
            return s.known(found.value)
        return self._run(work)

    def sign_url(self, key: str, expires: Until, *, store: str = "images", start: Optional[Until] = None, ip: Optional[str] = None,
                 query: Optional[Dict[str, str]] = None, custom: bool = False) -> str:
        """Address that lets a viewer in until `expires`, a time or from now on, and from `start` on; from the network addresses `ip` alone
        ("192.0.2.0/24"). `query` is what it ends in. Signed by the key of the CDN's [backend]; no network."""
        return self._sign(key, expires, store, start, ip, query, s.CUSTOM if custom else 0)

    def sign_cookies(self, key: str, expires: Until, *, store: str = "images", start: Optional[Until] = None, ip: Optional[str] = None,
                     below: bool = False) -> Dict[str, str]:
        """Cookies that do the same in a browser; with `below` for all keys that begin so."""
        lines = self._sign(key, expires, store, start, ip, None, s.COOKIES | (s.BELOW if below else 0)).splitlines()
        return dict((name, value) for name, _, value in (line.partition("=") for line in lines))

    def invalidate(self, *addresses: str, wait: bool = False) -> None:
        """Edges forget what they hold of these, "images:ann/cat.png", or "images:ann/*" for all that begins so; with `wait` it returns when all have done it. Each
        path may cost: a key that names its content ({hash8}) needs none."""
        def work(call: Call) -> None:
            texts = (ctypes.c_char_p * len(addresses))(*(s.text(address) for address in addresses))
            request = s.cdn_invalidate(addresses=texts, count=len(addresses), flags=s.WAIT if wait else 0)
            call.check(call.library.larder_cdn_invalidate(call.handle, request, None, None, call.error))
        self._run(work)

    def _sign(self, key: str, expires: Until, store: str, start: Optional[Until], ip: Optional[str], query: Optional[Dict[str, str]], flags: int) -> str:
        def work(call: Call) -> str:
            given = s.Pairs(query or {})
            request = s.cdn_sign(key=s.text(key), expires=_until(expires), starts=0 if start is None else _until(start), viewer=s.text(ip), query=given.view,
                                 flags=flags)
            with call.store(s.text(store) or b"") as opened:
                found = ctypes.c_char_p()
                call.check(call.library.larder_cdn_sign(opened, call.arena, request, found, call.error))
                return s.known(found.value)
        return self._run(work)

    # ---- models ----

    def load_model(self, name: str, base_model: Optional[str] = None, *, cache: Optional[str] = None, wait: Optional[float] = None,
                   hold: float = 0, revalidate: bool = False, progress: Optional[Progress] = None) -> Model:
        """The path of a model once it is whole: there already, or filled by one of all workers while the others wait, `wait` seconds at
        the most (None: as the configuration says), then Conflict. For `hold` seconds (at least as long as the configuration says) no eviction takes it away. `revalidate` asks the source whether it has another by now."""
        def work(call: Call) -> Model:
            request = s.model_load(flags=s.REVALIDATE if revalidate else 0, wait=s.NO_TIME if wait is None else int(wait * 1e9), hold=int(hold * 1e9),
                                   model=s.model_name(cache=s.text(cache), base=s.text(base_model), name=s.text(name)))
            found, moved = s.model(), 0

            def each(_context: Any, event: Any) -> int:
                nonlocal moved
                one = event.contents
                if one.action == b"progress" and progress:
                    moved += one.bytes
                    progress(moved, one.total if one.total and not one.growing else None)
                elif one.action == b"waiting":
                    logger.info("model %s: waiting: %s", name, s.known(one.reason))
                return 0
            call.check(call.library.larder_model_load(call.handle, call.arena, request, s.event_fn(call.guard(each)), None, found, call.error))
            model = Model.of(found)
            logger.info("model %s: %s, %s", name, model.how, model)
            if found.warning:
                logger.warning("model %s: %s", name, s.known(found.warning))
            return model
        return self._run(work)


def _time(moment: Optional[datetime]) -> int:
    """Nanoseconds since 1970."""
    if moment is None:
        return s.NO_TIME
    moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86400 + since.seconds) * 10**9 + since.microseconds * 1000


def _until(moment: Until) -> int:
    """Nanoseconds since 1970 of a time, or of one that is so far from now."""
    return _time(datetime.now(timezone.utc) + moment if isinstance(moment, timedelta) else moment)


def open(config: Optional[Path] = None, profile: Optional[str] = None, **settings: Any) -> Store:
    """Opens a pipeline file under a profile; without them LARDER_CONFIG and LARDER_PROFILE say which. See Store for `settings`."""
    return Store(config, profile, **settings)
