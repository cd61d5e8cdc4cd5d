if WITH_JPEG
module_LTLIBRARIES += codec-jpeg.la
codec_jpeg_la_SOURCES = %D%/codec-jpeg.c %D%/codec-jpeg.h %D%/decode.c %D%/encode.c %D%/markers.c %D%/problems.c %D%/scans.c
codec_jpeg_la_CPPFLAGS = $(IN_COLOUR)
codec_jpeg_la_CFLAGS = $(AM_CFLAGS) $(JPEG_CFLAGS)
codec_jpeg_la_LDFLAGS = $(LDFLAGS_MODULE)
codec_jpeg_la_LIBADD = libcolour.la $(JPEG_LIBS)
endif
