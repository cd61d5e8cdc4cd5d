noinst_LTLIBRARIES += libstore.la
libstore_la_CPPFLAGS = $(IN_STORE)
libstore_la_SOURCES = 
