noinst_LTLIBRARIES += libcache.la
libcache_la_CPPFLAGS = $(IN_CACHE)
libcache_la_SOURCES = \
	%D%/adopt.c %D%/cache.c %D%/cache.h %D%/each.c %D%/fill.c %D%/load.c %D%/mount.c %D%/mounted.c %D%/mounted.h %D%/note.c %D%/note.h %D%/place.c %D%/present.c %D%/publish.c %D%/pull.c \
	%D%/lease.c %D%/left.c %D%/record.c %D%/record.h %D%/room.c %D%/source.c %D%/verify.c
