noinst_LTLIBRARIES += libconfig.la
libconfig_la_CPPFLAGS = $(IN_CONFIG) -DLARDER_ETC_FOLDER='"$(etcdir)"'
libconfig_la_CFLAGS = $(AM_CFLAGS) $(INIH_CFLAGS)
libconfig_la_SOURCES = \
	%D%/check.c %D%/config.c %D%/config.h %D%/find.c %D%/find.h %D%/merge.c %D%/merge.h %D%/options.c %D%/problems.c %D%/problems.h %D%/reader.c %D%/reader.h \
	%D%/reference.c %D%/reference.h %D%/schema.c %D%/schema.h %D%/schema-tables.h %D%/show.c %D%/value.c %D%/value.h \
	%D%/values.c %D%/values.h
