# unit/image.mk
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-image-template tests/unit/test-image-resize
TESTS += tests/unit/test-image-template tests/unit/test-image-resize
tests_unit_test_image_template_SOURCES = tests/unit/test-image-template.c
tests_unit_test_image_template_CPPFLAGS = $(IN_IMAGE)
tests_unit_test_image_template_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_image_template_LDADD = $(LIBS_UNIT)
tests_unit_test_image_resize_SOURCES = tests/unit/test-image-resize.c
tests_unit_test_image_resize_CPPFLAGS = $(IN_IMAGE)
tests_unit_test_image_resize_CFLAGS = $(CFLAGS_UNIT)
tests_unit_test_image_resize_LDADD = $(LIBS_UNIT)
endif
