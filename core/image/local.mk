noinst_LTLIBRARIES += libimage.la
libimage_la_CPPFLAGS = $(IN_IMAGE)
libimage_la_SOURCES = 
