# Plans, vaults and selections of AWS Backup. What needs no service is a convenience library of its own, so that tests see inside.
if WITH_AWS
noinst_LTLIBRARIES += libbackupwire.la
libbackupwire_la_CPPFLAGS = $(IN_AWS) -DLARDER_API_VERSION=0
libbackupwire_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libbackupwire_la_SOURCES = %D%/request.c %D%/lines.c %D%/document.c %D%/foreign.c %D%/role-rights.c %D%/terraform.c %D%/wire.h

module_LTLIBRARIES += driver-backup.la
driver_backup_la_SOURCES = %D%/backup.c %D%/backup.h %D%/find.c %D%/rights.c %D%/role.c %D%/change.c %D%/action.c %D%/jobs.c drivers/traps/traps.h drivers/traps/words.h
driver_backup_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/traps
driver_backup_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
driver_backup_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_backup_la_LIBADD = libbackupwire.la liblarder-aws.la libbase.la $(JANSSON_LIBS)
endif
EXTRA_DIST += %D%/README.md
