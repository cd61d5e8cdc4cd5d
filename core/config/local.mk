noinst_LTLIBRARIES += libconfig.la
libconfig_la_CPPFLAGS = $(IN_CONFIG)
libconfig_la_SOURCES = 
libconfig_la_CFLAGS = $(AM_CFLAGS) $(INIH_CFLAGS)
