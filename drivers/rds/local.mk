# How a database is protected. The wire code, pure, is a convenience library of its own, so that tests see inside.
if WITH_AWS
noinst_LTLIBRARIES += librdswire.la
librdswire_la_CPPFLAGS = $(IN_AWS) -DLARDER_API_VERSION=0
librdswire_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
librdswire_la_SOURCES = %D%/request.c %D%/reply.c %D%/carry.c %D%/terraform.c %D%/wire.h

module_LTLIBRARIES += driver-rds.la
driver_rds_la_SOURCES = %D%/rds.c %D%/rds.h %D%/restore.c %D%/snapshot.c drivers/traps/traps.h drivers/traps/words.h
driver_rds_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps
driver_rds_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
driver_rds_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_rds_la_LIBADD = librdswire.la liblarder-aws.la libbase.la $(JANSSON_LIBS)
endif
EXTRA_DIST += %D%/README.md
