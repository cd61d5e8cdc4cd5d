noinst_LTLIBRARIES += libtransfer.la
libtransfer_la_CPPFLAGS = $(IN_TRANSFER)
libtransfer_la_SOURCES = \
	%D%/copy.c %D%/count.c %D%/from-local.c %D%/from-store.c %D%/remove.c %D%/spool.c %D%/target.c %D%/transfer.c %D%/transfer.h \
	%D%/write.c
