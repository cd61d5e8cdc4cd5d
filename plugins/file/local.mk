# Locks in a shared folder.
module_LTLIBRARIES += lock-file.la
lock_file_la_SOURCES = %D%/lock-file.c %D%/lock-file.h %D%/place.c %D%/slots.c %D%/times.c
lock_file_la_CPPFLAGS = $(IN_LEASE)
lock_file_la_LDFLAGS = $(LDFLAGS_MODULE)
lock_file_la_LIBADD = liblease.la libbase.la $(JANSSON_LIBS)
EXTRA_DIST += %D%/README.md
