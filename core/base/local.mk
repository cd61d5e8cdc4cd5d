noinst_LTLIBRARIES += libbase.la
libbase_la_CPPFLAGS = $(IN_BASE)
libbase_la_SOURCES = 
