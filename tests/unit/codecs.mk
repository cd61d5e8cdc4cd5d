# What the codecs make of files, asked by a script through codec-dump, with Pillow as the oracle.
check_PROGRAMS += tests/unit/codec-dump
tests_unit_codec_dump_SOURCES = tests/unit/codec-dump.c tests/conform/codec/host.c tests/conform/codec/picture.c \
	tests/conform/codec/run.c tests/conform/codec/suite.h core/base/fail.c
tests_unit_codec_dump_CPPFLAGS = $(IN_CONFIG) -I$(top_srcdir)/tests/conform/codec
tests_unit_codec_dump_LDADD = libconfig.la libbase.la $(INIH_LIBS) -lm
TESTS += tests/unit/test-codecs-files.py
EXTRA_DIST += tests/unit/test-codecs-files.py tests/lib/make-pictures.py tests/lib/codec_files.py
if WITH_JPEG
TESTS += tests/unit/test-codecs-jpeg.py
endif
EXTRA_DIST += tests/unit/test-codecs-jpeg.py
