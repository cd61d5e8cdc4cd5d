noinst_LTLIBRARIES += libinfra.la
libinfra_la_CPPFLAGS = $(IN_INFRA) $(JANSSON_CFLAGS)
libinfra_la_SOURCES = \
	%D%/export.c %D%/configuration.c %D%/infra.h %D%/resource.h %D%/desired.c %D%/desired-store.c %D%/desired-cdn.c %D%/desired-more.c %D%/desired-own.c \
	%D%/observe.c %D%/diff.c %D%/facts.c %D%/facts-rules.c %D%/costs.c %D%/traps.c %D%/words.c %D%/window.c %D%/holds.c %D%/order.c %D%/look.c %D%/others.c %D%/infra.c %D%/saved.c %D%/serve.c %D%/apply.c %D%/policy.c \
	 %D%/kubernetes.c %D%/kubernetes.h %D%/kubernetes-check.c %D%/kubernetes-pod.c %D%/yaml.c %D%/yaml.h
