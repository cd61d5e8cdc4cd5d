# The data side of a mounted file system; no network.
module_LTLIBRARIES += driver-efs.la
driver_efs_la_SOURCES = %D%/efs.c %D%/efs.h %D%/tree.c %D%/meta.c %D%/objects.c %D%/write.c %D%/list.c %D%/export.c %D%/resources.c drivers/traps/traps.h drivers/traps/words.h
driver_efs_la_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/drivers/aws -I$(top_srcdir)/drivers/traps
driver_efs_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_efs_la_LIBADD = libbase.la
EXTRA_DIST += %D%/README.md
