noinst_LTLIBRARIES += libstore.la
libstore_la_CPPFLAGS = $(IN_STORE) -DLARDER_VERSION='"$(VERSION)"' -DLARDER_MODULE_FOLDER='"$(moduledir)"'
libstore_la_SOURCES = \
	%D%/backend.c %D%/cdn-key.c %D%/check.c %D%/clocks.c %D%/codes.c %D%/handle.c %D%/handle.h %D%/listing.c %D%/lock-store.c %D%/lock-store.h %D%/locks.c %D%/locks.h %D%/objects.c %D%/objects.h %D%/parts.c %D%/probe.c %D%/public.c %D%/reading.c %D%/sorted.c \
	%D%/store.h %D%/stores.c %D%/versions.c
