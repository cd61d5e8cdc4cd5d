# liblarder: all rooms of core but the command line.
lib_LTLIBRARIES += liblarder.la
liblarder_la_SOURCES = core/base/fail.c
liblarder_la_CPPFLAGS = $(IN_BASE)
liblarder_la_LIBADD = libimage.la libcache.la librecovery.la libarchive.la libcdn.la libinfra.la libcost.la libtransfer.la libstore.la libmodule.la libconfig.la libbase.la $(INIH_LIBS) $(JANSSON_LIBS) -lm
liblarder_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 $(NO_UNDEFINED)

larderincludedir = $(includedir)/larder
larderinclude_HEADERS = \
	core/include/larder/larder.h core/include/larder/models.h core/include/larder/infra.h core/include/larder/archive.h core/include/larder/cdn.h core/include/larder/recovery.h core/include/larder/types.h core/include/larder/driver.h \
	core/include/larder/codec.h core/include/larder/lock.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = core/larder.pc core/larder-module.pc

# For unit tests, which link the rooms statically.
noinst_LTLIBRARIES += libcoretest.la
libcoretest_la_SOURCES = core/base/fail.c
libcoretest_la_CPPFLAGS = $(IN_BASE)
libcoretest_la_LIBADD = libimage.la libcache.la librecovery.la libarchive.la libcdn.la libinfra.la libcost.la libtransfer.la libstore.la libmodule.la libconfig.la libbase.la $(INIH_LIBS) $(JANSSON_LIBS) -lm
