# Leases as text, tokens, words: what lock providers share.
noinst_LTLIBRARIES += liblease.la
IN_LEASE = $(IN_BASE) -I$(top_srcdir)/plugins/lease
liblease_la_SOURCES = %D%/lease.c %D%/lease.h %D%/place.c %D%/record.c
liblease_la_CPPFLAGS = $(IN_LEASE)
liblease_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
EXTRA_DIST += %D%/README.md
