# Thumbnails against right answers; the published vectors where LARDER_VECTORS names them.
check_PROGRAMS += tests/image/fit-sizes
tests_image_fit_sizes_SOURCES = %D%/fit-sizes.c
tests_image_fit_sizes_CPPFLAGS = $(IN_IMAGE)
tests_image_fit_sizes_LDADD = libcoretest.la
EXTRA_DIST += %D%/test-image-callers.py %D%/test-image-jpeg.py
if WITH_JPEG
TESTS += %D%/test-image-callers.py %D%/test-image-jpeg.py
endif
TESTS += %D%/test-image-fit.py %D%/test-image-thumbnails.py
EXTRA_DIST += %D%/test-image-fit.py %D%/test-image-thumbnails.py %D%/test-image-vectors.py
if HAVE_VECTORS
TESTS += %D%/test-image-vectors.py
endif
