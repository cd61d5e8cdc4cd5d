# The conformance suites, installed: any module against its contract.
bin_PROGRAMS += larder-driver-test
larder_driver_test_SOURCES = \
	%D%/driver/main.c %D%/driver/suite.h %D%/driver/host.c %D%/driver/ops.c %D%/driver/objects.c %D%/driver/writes.c \
	%D%/driver/lists.c %D%/driver/more.c %D%/driver/parts.c %D%/driver/model.c core/base/fail.c
larder_driver_test_CPPFLAGS = $(IN_BASE)
larder_driver_test_LDADD = libbase.la
