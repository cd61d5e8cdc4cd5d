noinst_LTLIBRARIES += libinfra.la
libinfra_la_CPPFLAGS = $(IN_INFRA)
libinfra_la_SOURCES = \
	%D%/export.c %D%/infra.h %D%/kubernetes.c %D%/kubernetes.h %D%/kubernetes-check.c %D%/kubernetes-pod.c %D%/yaml.c %D%/yaml.h
