noinst_LTLIBRARIES += librecovery.la
librecovery_la_CPPFLAGS = $(IN_RECOVERY)
librecovery_la_SOURCES = %D%/action.c %D%/action.h %D%/database.c
EXTRA_DIST += %D%/README.md
