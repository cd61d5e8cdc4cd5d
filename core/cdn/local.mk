noinst_LTLIBRARIES += libcdn.la
libcdn_la_CPPFLAGS = $(IN_CDN)
libcdn_la_SOURCES = %D%/sign.c
EXTRA_DIST += %D%/README.md
