noinst_LTLIBRARIES += libbase.la
libbase_la_CPPFLAGS = $(IN_BASE)
libbase_la_SOURCES = \
	%D%/arguments.c %D%/arguments.h %D%/arena.c %D%/arena.h %D%/buffer.c %D%/buffer.h %D%/checksum.c %D%/checksum.h %D%/checksum-tables.h \
	%D%/cleanup.h %D%/clock.c %D%/clock.h %D%/draft.c %D%/error.c %D%/error.h %D%/file.c %D%/file.h %D%/give.h \
	%D%/json.c %D%/json.h %D%/lines.c %D%/lines.h %D%/resource-paths.c %D%/resource-paths.h %D%/lines-file.c %D%/lines-file.h %D%/names.c %D%/names.h %D%/random.c %D%/random.h %D%/sample.c %D%/sample.h %D%/sha256.c %D%/sort.c %D%/sort.h %D%/source.c %D%/text.c %D%/text.h %D%/text-values.c
