if WITH_PNG
module_LTLIBRARIES += codec-png.la
codec_png_la_SOURCES = %D%/codec-png.c %D%/codec-png.h %D%/decode.c %D%/encode.c %D%/outline.c
codec_png_la_CPPFLAGS = $(IN_COLOUR)
codec_png_la_CFLAGS = $(AM_CFLAGS) $(PNG_CFLAGS)
codec_png_la_LDFLAGS = $(LDFLAGS_MODULE)
codec_png_la_LIBADD = libcolour.la $(PNG_LIBS)
endif
