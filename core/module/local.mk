noinst_LTLIBRARIES += libmodule.la
libmodule_la_CPPFLAGS = $(IN_MODULE)
libmodule_la_SOURCES = 
