noinst_LTLIBRARIES += libarchive.la
libarchive_la_CPPFLAGS = $(IN_ARCHIVE)
libarchive_la_SOURCES = %D%/bill.c %D%/bill.h %D%/bundle.c %D%/bundle.h %D%/job.c %D%/job.h %D%/put.c %D%/restore.c %D%/status.c %D%/tar.c %D%/tar.h
EXTRA_DIST += %D%/README.md
