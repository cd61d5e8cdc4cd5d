noinst_LTLIBRARIES += libcdn.la
libcdn_la_CPPFLAGS = $(IN_CDN)
libcdn_la_SOURCES = %D%/check.c %D%/invalidate.c %D%/owed.c %D%/paths.c %D%/paths.h %D%/sign.c
EXTRA_DIST += %D%/README.md
