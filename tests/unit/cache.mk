# core/cache from the inside
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-cache-note
TESTS += tests/unit/test-cache-note
tests_unit_test_cache_note_SOURCES = tests/unit/test-cache-note.c
tests_unit_test_cache_note_CPPFLAGS = $(IN_CACHE)
tests_unit_test_cache_note_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_cache_note_LDADD = libcache.la $(LIBS_UNIT)
check_PROGRAMS += tests/unit/test-cache-mounted
TESTS += tests/unit/test-cache-mounted
tests_unit_test_cache_mounted_SOURCES = tests/unit/test-cache-mounted.c
tests_unit_test_cache_mounted_CPPFLAGS = $(IN_CACHE)
tests_unit_test_cache_mounted_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_cache_mounted_LDADD = libcache.la $(LIBS_UNIT)
check_PROGRAMS += tests/unit/test-cache-face
TESTS += tests/unit/test-cache-face
tests_unit_test_cache_face_SOURCES = tests/unit/test-cache-face.c
tests_unit_test_cache_face_CPPFLAGS = -I$(top_srcdir)/core/include
tests_unit_test_cache_face_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_cache_face_LDADD = liblarder.la $(CHECK_LIBS)
endif
