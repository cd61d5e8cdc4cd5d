noinst_LTLIBRARIES += libimage.la
libimage_la_CPPFLAGS = $(IN_IMAGE)
libimage_la_SOURCES = \
	%D%/batch.c %D%/commit.c %D%/put.c %D%/encoding.c %D%/ingest.c %D%/input.c %D%/job.h %D%/ledger.c %D%/picture.h %D%/pixels.c %D%/prepare.c \
	%D%/probe.c %D%/small.c %D%/recode.c %D%/resize.c %D%/resize.h %D%/strip.c %D%/strip.h %D%/strip-jpeg.c %D%/sweep.c \
	%D%/template.c %D%/template.h %D%/thumbnail.c
