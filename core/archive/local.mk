noinst_LTLIBRARIES += libarchive.la
libarchive_la_CPPFLAGS = $(IN_ARCHIVE)
libarchive_la_SOURCES = %D%/bill.c %D%/bill.h %D%/bundle.c %D%/bundle.h %D%/early.c %D%/estimate.c %D%/fetch.c %D%/find.c %D%/index.c %D%/index.h %D%/job.c %D%/job.h %D%/look.c %D%/members.c %D%/pace.c %D%/put.c %D%/restore.c %D%/restoring.h %D%/status.c %D%/tar.c %D%/tar.h %D%/unpack.c %D%/unpack.h
EXTRA_DIST += %D%/README.md
