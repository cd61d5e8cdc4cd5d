"""_needs.py: the system libraries that liblarder and its modules need, and Debian's packages of them."""
from __future__ import annotations

import re

MISSING = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")   # as the loader says it

PACKAGES = {
    "libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3", "libexpat.so.1": "libexpat1",
    "libpng16.so.16": "libpng16-16", "libz.so.1": "zlib1g", "libwebp.so.7": "libwebp7", "libwebpdemux.so.2": "libwebpdemux2",
    "libwebpmux.so.3": "libwebpmux3", "libjpeg.so.62": "libjpeg62-turbo", "libjpeg.so.8": "libjpeg-turbo8",
    "liblcms2.so.2": "liblcms2-2", "libjansson.so.4": "libjansson4", "libinih.so.1": "libinih1",
    "libhiredis.so.0.14": "libhiredis0.14", "libhiredis.so.1.1.0": "libhiredis1.1.0",
}


def advice(library: str) -> str:
    """What to do about a library that the system lacks."""
    package = PACKAGES.get(library)
    if package:
        return "install it; on Debian: apt-get install %s" % package
    return "install the package that holds '%s'" % library
