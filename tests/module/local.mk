# Modules, each with the fault it is named for, and the program that loads them. They are kept apart from ours.
MODULE_FIXTURES = \
	tests/module/codec-bad-no-rows.la \
	tests/module/driver-bad-future-abi.la \
	tests/module/driver-bad-name-letters.la \
	tests/module/driver-bad-no-entry.la \
	tests/module/driver-bad-no-name.la \
	tests/module/driver-bad-null-entry.la \
	tests/module/driver-bad-null-open.la \
	tests/module/driver-bad-option-outside.la \
	tests/module/driver-bad-option-type.la \
	tests/module/driver-bad-options-no-self.la \
	tests/module/driver-bad-other-name.la \
	tests/module/driver-bad-retrieval-stride.la \
	tests/module/driver-bad-resource-stride.la \
	tests/module/driver-bad-self-huge.la \
	tests/module/driver-bad-size-huge.la \
	tests/module/driver-bad-size-zero.la \
	tests/module/driver-bad-stride-zero.la \
	tests/module/driver-bad-undefined.la \
	tests/module/driver-bad-unknown-kind.la \
	tests/module/driver-bad-wrong-kind.la \
	tests/module/driver-good.la \
	tests/module/driver-odd-longer.la \
	tests/module/driver-odd-shorter.la \
	tests/module/lock-bad-no-renew.la
check_LTLIBRARIES += $(MODULE_FIXTURES)
LDFLAGS_FIXTURE = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_module_driver_bad_future_abi_la_SOURCES = tests/module/driver-bad-future-abi.c
tests_module_driver_bad_future_abi_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_future_abi_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_name_letters_la_SOURCES = tests/module/driver-bad-name-letters.c
tests_module_driver_bad_name_letters_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_name_letters_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_no_entry_la_SOURCES = tests/module/driver-bad-no-entry.c
tests_module_driver_bad_no_entry_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_no_entry_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_no_name_la_SOURCES = tests/module/driver-bad-no-name.c
tests_module_driver_bad_no_name_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_no_name_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_null_entry_la_SOURCES = tests/module/driver-bad-null-entry.c
tests_module_driver_bad_null_entry_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_null_entry_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_null_open_la_SOURCES = tests/module/driver-bad-null-open.c
tests_module_driver_bad_null_open_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_null_open_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_option_outside_la_SOURCES = tests/module/driver-bad-option-outside.c
tests_module_driver_bad_option_outside_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_option_outside_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_option_type_la_SOURCES = tests/module/driver-bad-option-type.c
tests_module_driver_bad_option_type_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_option_type_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_options_no_self_la_SOURCES = tests/module/driver-bad-options-no-self.c
tests_module_driver_bad_options_no_self_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_options_no_self_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_other_name_la_SOURCES = tests/module/driver-bad-other-name.c
tests_module_driver_bad_other_name_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_other_name_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_retrieval_stride_la_SOURCES = tests/module/driver-bad-retrieval-stride.c
tests_module_driver_bad_retrieval_stride_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_retrieval_stride_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_resource_stride_la_SOURCES = tests/module/driver-bad-resource-stride.c
tests_module_driver_bad_resource_stride_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_resource_stride_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_self_huge_la_SOURCES = tests/module/driver-bad-self-huge.c
tests_module_driver_bad_self_huge_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_self_huge_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_size_huge_la_SOURCES = tests/module/driver-bad-size-huge.c
tests_module_driver_bad_size_huge_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_size_huge_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_size_zero_la_SOURCES = tests/module/driver-bad-size-zero.c
tests_module_driver_bad_size_zero_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_size_zero_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_stride_zero_la_SOURCES = tests/module/driver-bad-stride-zero.c
tests_module_driver_bad_stride_zero_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_stride_zero_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_undefined_la_SOURCES = tests/module/driver-bad-undefined.c
tests_module_driver_bad_undefined_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_undefined_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_unknown_kind_la_SOURCES = tests/module/driver-bad-unknown-kind.c
tests_module_driver_bad_unknown_kind_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_unknown_kind_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_bad_wrong_kind_la_SOURCES = tests/module/driver-bad-wrong-kind.c
tests_module_driver_bad_wrong_kind_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_wrong_kind_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_good_la_SOURCES = tests/module/driver-good.c
tests_module_driver_good_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_good_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_odd_longer_la_SOURCES = tests/module/driver-odd-longer.c
tests_module_driver_odd_longer_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_odd_longer_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_odd_shorter_la_SOURCES = tests/module/driver-odd-shorter.c
tests_module_driver_odd_shorter_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_odd_shorter_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_codec_bad_no_rows_la_SOURCES = tests/module/codec-bad-no-rows.c
tests_module_codec_bad_no_rows_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_codec_bad_no_rows_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_lock_bad_no_renew_la_SOURCES = tests/module/lock-bad-no-renew.c
tests_module_lock_bad_no_renew_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_lock_bad_no_renew_la_LDFLAGS = $(LDFLAGS_FIXTURE)
noinst_HEADERS += tests/module/fixture.h

# Private libraries and what their RUNPATH may be. A row of letters stands for a folder: the tests write theirs over it.
PRIVATE_FOLDER = /a-folder-of-a-long-name-a-folder-of-a-long-name-a-folder-of-a-long-name
LDFLAGS_RUNPATH = -Wl,--enable-new-dtags,-rpath,
check_LTLIBRARIES += tests/module/libtest-deepest.la tests/module/libtest-private.la tests/module/driver-private.la
tests_module_libtest_deepest_la_SOURCES = tests/module/private-deepest.c
tests_module_libtest_deepest_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_libtest_deepest_la_LDFLAGS = $(AM_LDFLAGS) -avoid-version -shared -rpath /nowhere
tests_module_libtest_private_la_SOURCES = tests/module/private-library.c
tests_module_libtest_private_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_libtest_private_la_LDFLAGS = $(AM_LDFLAGS) -avoid-version -shared -rpath /nowhere \
	$(LDFLAGS_RUNPATH)$(PRIVATE_FOLDER) -Wl,tests/module/.libs/libtest-deepest.so
tests_module_libtest_private_la_DEPENDENCIES = tests/module/libtest-deepest.la
tests_module_driver_private_la_SOURCES = tests/module/driver-private.c
tests_module_driver_private_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_private_la_LDFLAGS = $(LDFLAGS_FIXTURE) $(LDFLAGS_RUNPATH)$(PRIVATE_FOLDER) \
	-Wl,-rpath-link,tests/module/.libs -Wl,tests/module/.libs/libtest-private.so
tests_module_driver_private_la_DEPENDENCIES = tests/module/libtest-private.la
noinst_HEADERS += tests/module/private.h
check_LTLIBRARIES += \
	tests/module/driver-bad-rpath.la \
	tests/module/driver-bad-runpath-empty.la \
	tests/module/driver-bad-runpath-origin.la \
	tests/module/driver-bad-runpath-relative.la \
	tests/module/driver-bad-runpath-sticky.la
tests_module_driver_bad_rpath_la_SOURCES = tests/module/driver-bad-rpath.c
tests_module_driver_bad_rpath_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_rpath_la_LDFLAGS = $(LDFLAGS_FIXTURE) -Wl,--disable-new-dtags,-rpath,/nowhere
tests_module_driver_bad_runpath_empty_la_SOURCES = tests/module/driver-bad-runpath-empty.c
tests_module_driver_bad_runpath_empty_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_runpath_empty_la_LDFLAGS = $(LDFLAGS_FIXTURE) -Wl,--enable-new-dtags,-rpath,/nowhere::/nowhere/else
tests_module_driver_bad_runpath_origin_la_SOURCES = tests/module/driver-bad-runpath-origin.c
tests_module_driver_bad_runpath_origin_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_runpath_origin_la_LDFLAGS = $(LDFLAGS_FIXTURE) -Wl,--enable-new-dtags,-rpath,'$$ORIGIN/../lib'
tests_module_driver_bad_runpath_relative_la_SOURCES = tests/module/driver-bad-runpath-relative.c
tests_module_driver_bad_runpath_relative_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_runpath_relative_la_LDFLAGS = $(LDFLAGS_FIXTURE) -Wl,--enable-new-dtags,-rpath,a-relative-folder-of-libraries
tests_module_driver_bad_runpath_sticky_la_SOURCES = tests/module/driver-bad-runpath-sticky.c
tests_module_driver_bad_runpath_sticky_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_bad_runpath_sticky_la_LDFLAGS = $(LDFLAGS_FIXTURE) -Wl,--enable-new-dtags,-rpath,/tmp

if HAVE_CHECK
check_PROGRAMS += tests/module/test-module-load tests/module/test-module-needed tests/module/test-module-vet
TESTS += tests/module/test-module-load tests/module/test-module-needed tests/module/test-module-vet
noinst_HEADERS += tests/module/foreign.h tests/module/loading.h
tests_module_test_module_load_SOURCES = tests/module/test-module-load.c
tests_module_test_module_load_CPPFLAGS = $(IN_MODULE)
tests_module_test_module_load_CFLAGS = $(CFLAGS_UNIT)
tests_module_test_module_load_LDADD = $(LIBS_UNIT)
tests_module_test_module_needed_SOURCES = tests/module/test-module-needed.c
tests_module_test_module_needed_CPPFLAGS = $(IN_MODULE)
tests_module_test_module_needed_CFLAGS = $(CFLAGS_UNIT)
tests_module_test_module_needed_LDADD = $(LIBS_UNIT)
tests_module_test_module_vet_SOURCES = tests/module/test-module-vet.c
tests_module_test_module_vet_CPPFLAGS = $(IN_MODULE)
tests_module_test_module_vet_CFLAGS = $(CFLAGS_UNIT)
tests_module_test_module_vet_LDADD = $(LIBS_UNIT)
endif

EXTRA_DIST += tests/module/test-hello-driver.sh \
	doc/examples/hello-driver/driver-hello.c doc/examples/hello-driver/Makefile doc/examples/hello-driver/README.md

# For the tests of core/transfer.
check_LTLIBRARIES += tests/module/driver-versioned.la
tests_module_driver_versioned_la_SOURCES = tests/module/driver-versioned.c
tests_module_driver_versioned_la_CPPFLAGS = $(IN_BASE)
tests_module_driver_versioned_la_LDFLAGS = $(LDFLAGS_FIXTURE)

# For the tests of core/store.
check_LTLIBRARIES += tests/module/driver-lying.la tests/module/driver-shuffled.la tests/module/lock-lying.la
tests_module_lock_lying_la_SOURCES = tests/module/lock-lying.c
tests_module_lock_lying_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_lock_lying_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_shuffled_la_SOURCES = tests/module/driver-shuffled.c
tests_module_driver_shuffled_la_CPPFLAGS = $(IN_INCLUDE)
tests_module_driver_shuffled_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_lying_la_SOURCES = tests/module/driver-lying.c
tests_module_driver_lying_la_CPPFLAGS = $(IN_BASE)
tests_module_driver_lying_la_LDFLAGS = $(LDFLAGS_FIXTURE)
tests_module_driver_lying_la_LIBADD = libbase.la
