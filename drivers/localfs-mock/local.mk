# The mock: S3 on a directory. Its code is a convenience library too, so that unit tests see inside.
noinst_LTLIBRARIES += liblocalfs-mock.la
liblocalfs_mock_la_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/drivers/traps
liblocalfs_mock_la_SOURCES = \
	%D%/key-path.c %D%/key-path.h %D%/record.c %D%/record.h %D%/mock.h %D%/action.c %D%/bucket.c %D%/clock.c %D%/place.c %D%/change.c \
	%D%/read.c %D%/write.c %D%/modify.c %D%/walk.c %D%/walk.h %D%/list.c %D%/parts.c %D%/remains.c %D%/resources.c %D%/restore.c %D%/signed.c %D%/cors.c %D%/lifecycle.c %D%/kept.c %D%/kept.h %D%/kept-database.c %D%/kept-files.c %D%/tree.c drivers/traps/traps.h \
	drivers/traps/bucket-name.c drivers/traps/bucket-name.h drivers/traps/tiering.c drivers/traps/retrievals.h drivers/traps/tiering.h drivers/traps/words.h

module_LTLIBRARIES += driver-localfs-mock.la
driver_localfs_mock_la_SOURCES = %D%/localfs-mock.c
driver_localfs_mock_la_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/drivers/traps
driver_localfs_mock_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_localfs_mock_la_LIBADD = liblocalfs-mock.la libbase.la
EXTRA_DIST += %D%/README.md
dist_man_MANS += doc/man/larder-driver.3
