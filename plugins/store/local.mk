# Locks in a store with conditional writes.
module_LTLIBRARIES += lock-store.la
lock_store_la_SOURCES = %D%/lock-store.c %D%/lock-store.h %D%/seen.c
lock_store_la_CPPFLAGS = $(IN_LEASE)
lock_store_la_LDFLAGS = $(LDFLAGS_MODULE)
lock_store_la_LIBADD = liblease.la libbase.la $(JANSSON_LIBS)
EXTRA_DIST += %D%/README.md
