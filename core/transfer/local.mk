noinst_LTLIBRARIES += libtransfer.la
libtransfer_la_CPPFLAGS = $(IN_TRANSFER)
libtransfer_la_SOURCES = 
