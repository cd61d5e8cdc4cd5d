noinst_LTLIBRARIES += libcost.la
libcost_la_CPPFLAGS = $(IN_COST)
libcost_la_SOURCES = %D%/prices.c %D%/prices.h
