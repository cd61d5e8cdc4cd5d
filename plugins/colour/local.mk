# What the picture codecs share; compiled into each of them.
noinst_LTLIBRARIES += libcolour.la
IN_COLOUR = $(IN_BASE) -I$(top_srcdir)/%D%
libcolour_la_SOURCES = %D%/colour.c %D%/colour.h %D%/shared.c %D%/shared.h %D%/pieces.c %D%/pieces.h
libcolour_la_CPPFLAGS = $(IN_COLOUR)
libcolour_la_CFLAGS = $(AM_CFLAGS) $(LCMS_CFLAGS)
libcolour_la_LIBADD = $(LCMS_LIBS)
