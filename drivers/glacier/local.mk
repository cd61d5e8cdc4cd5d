# S3 as an archive: the objects of drivers/s3, with a table of its own.
if WITH_AWS
module_LTLIBRARIES += driver-glacier.la
driver_glacier_la_SOURCES = %D%/glacier.c
driver_glacier_la_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/s3 -I$(top_srcdir)/drivers/traps
driver_glacier_la_LDFLAGS = $(LDFLAGS_MODULE)
driver_glacier_la_LIBADD = libs3.la
endif
EXTRA_DIST += %D%/README.md
