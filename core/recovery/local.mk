noinst_LTLIBRARIES += librecovery.la
librecovery_la_CPPFLAGS = $(IN_RECOVERY) $(JANSSON_CFLAGS)
librecovery_la_SOURCES = %D%/action.c %D%/action.h %D%/backup.c %D%/database.c %D%/drill.c %D%/drill.h %D%/drill-compare.c %D%/drill-fetch.c %D%/drill-folder.c %D%/drill-job.c %D%/drill-keys.c %D%/drill-manifest.c %D%/drill-point.c %D%/report.c
EXTRA_DIST += %D%/README.md
