noinst_LTLIBRARIES += libmodule.la
libmodule_la_CPPFLAGS = $(IN_MODULE)
libmodule_la_SOURCES = \
	%D%/call.h %D%/dynamic.c %D%/dynamic.h %D%/facts.c %D%/host.c %D%/instance.c %D%/instance.h %D%/load.c %D%/loaded.h \
	%D%/module.h %D%/needed.c %D%/needed.h %D%/new.c %D%/pace.c %D%/pace.h %D%/registry.c %D%/required.c %D%/required.h %D%/templates.h \
	%D%/vet.c %D%/vet.h
