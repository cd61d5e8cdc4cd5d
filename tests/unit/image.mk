# unit/image.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-image-template tests/unit/test-image-resize tests/unit/test-image-raster
TESTS += tests/unit/test-image-template tests/unit/test-image-resize tests/unit/test-image-raster
tests_unit_test_image_template_SOURCES = tests/unit/test-image-template.c
tests_unit_test_image_template_CPPFLAGS = $(IN_IMAGE)
tests_unit_test_image_template_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_image_template_LDADD = $(LIBS_UNIT)
tests_unit_test_image_resize_SOURCES = tests/unit/test-image-resize.c
tests_unit_test_image_resize_CPPFLAGS = $(IN_IMAGE)
tests_unit_test_image_resize_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_image_resize_LDADD = $(LIBS_UNIT)
tests_unit_test_image_raster_SOURCES = tests/unit/test-image-raster.c
tests_unit_test_image_raster_CPPFLAGS = $(IN_INCLUDE)
tests_unit_test_image_raster_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_image_raster_LDADD = liblarder.la $(CHECK_LIBS)
endif
