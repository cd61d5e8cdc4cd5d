if WITH_WEBP
module_LTLIBRARIES += codec-webp.la
codec_webp_la_SOURCES = %D%/codec-webp.c %D%/codec-webp.h %D%/head.c %D%/decode.c %D%/encode.c
codec_webp_la_CPPFLAGS = $(IN_COLOUR)
codec_webp_la_CFLAGS = $(AM_CFLAGS) $(WEBP_CFLAGS)
codec_webp_la_LDFLAGS = $(LDFLAGS_MODULE)
codec_webp_la_LIBADD = libcolour.la $(WEBP_LIBS)
endif
