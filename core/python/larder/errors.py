"""errors.py: what a call raises: one class for each kind of failure that a caller treats in its own way."""
from __future__ import annotations

from typing import Any, Dict, Optional, Type

from . import _needs


class LarderError(Exception):
    """A call failed. `code` is the kind ("NOTFOUND"), `next_step` says what to do about it."""

    code = "OTHER"

    def __init__(self, message: str, next_step: Optional[str] = None, *, status: Optional[int] = None, provider: Optional[str] = None,
                 request_id: Optional[str] = None, file: Optional[str] = None, line: Optional[int] = None, errno: Optional[int] = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step       # or None
        self.status = status             # of the service's HTTP reply
        self.provider = provider         # the service's own code, "AccessDenied"
        self.request_id = request_id     # by which the service's people find the request
        self.file, self.line = file, line  # of the configuration, where that is what was wrong
        self.errno = errno

    def __str__(self) -> str:
        return self.message + ("; next: " + self.next_step if self.next_step else "")

    def __reduce__(self) -> Any:
        """Whole through a process pool."""
        rest = {name: value for name, value in vars(self).items() if name != "message"}
        return _again, (type(self), self.message, rest)


def _again(kind: Type[LarderError], message: str, rest: Dict[str, Any]) -> LarderError:
    return kind(message, **rest)


class Invalid(LarderError, ValueError):
    """Usage, configuration or malformed input: not to be repeated as it is."""
    code = "INVALID"


class Unsupported(LarderError):
    """This backend, format or build cannot do it."""
    code = "UNSUPPORTED"


class Limit(LarderError):
    """Over a limit of ours or of the service."""
    code = "LIMIT"


class NotFound(LarderError):
    code = "NOTFOUND"


class Denied(LarderError):
    """Credentials or permission."""
    code = "DENIED"


class Conflict(LarderError):
    """It is there already, with other bytes, or a condition does not hold."""
    code = "CONFLICT"


class Integrity(LarderError):
    """Bytes are damaged or missing."""
    code = "INTEGRITY"


class NoSpace(LarderError):
    code = "NOSPACE"


class Unavailable(LarderError):
    """Network, service or device, after all retries: later it may go."""
    code = "UNAVAILABLE"


class NotReady(LarderError):
    """Archived and not restored, or still in progress."""
    code = "NOTREADY"


class Cancelled(LarderError):
    code = "CANCELLED"


KINDS = {-1: Invalid, -2: Unsupported, -3: Limit, -4: NotFound, -5: Denied, -6: Conflict, -7: Integrity, -8: NoSpace,
         -9: Unavailable, -10: NotReady, -11: Cancelled}


def of(code: int, found: Any) -> LarderError:
    """The exception for a code and the struct larder_error that came with it."""
    def said(name: str) -> Optional[str]:
        return getattr(found, name).decode("utf-8", "replace") or None
    message = said("message") or "call ended with code %d" % code
    missing = _needs.MISSING.search(message)
    return KINDS.get(code, LarderError)(
        message, _needs.advice(missing.group(1)) if missing else said("next"), status=found.status or None, provider=said("provider"),
        request_id=said("request"), file=said("file"), line=found.line or None, errno=found.errnum or None)
