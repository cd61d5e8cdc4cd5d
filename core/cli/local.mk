# The tool: public headers and base only.
bin_PROGRAMS += larder
larder_CPPFLAGS = $(IN_BASE) $(JANSSON_CFLAGS)
larder_SOURCES = core/base/fail.c \
	%D%/cmd-apply.c %D%/cmd-archive-put.c %D%/cmd-archive-restore.c %D%/cmd-backup.c %D%/cmd-backup-drill.c %D%/below.c %D%/cli.h %D%/cdn.c %D%/cdn.h %D%/early.c %D%/edges.c %D%/findings.c %D%/cmd-cat.c %D%/cmd-cdn-check.c %D%/cmd-cdn-invalidate.c %D%/cmd-cdn-sign.c %D%/cmd-cdn-url.c %D%/cmd-completion.c %D%/cmd-config.c %D%/cmd-cp.c %D%/cmd-database-restore.c %D%/cmd-database-snapshots.c %D%/cmd-dev-clock.c %D%/cmd-dev-serve.c %D%/cmd-doctor.c %D%/cmd-du.c %D%/cmd-export.c %D%/cmd-export-terraform.c %D%/cmd-get.c %D%/cmd-help.c %D%/cmd-infra.c %D%/cmd-infra-policy.c %D%/infra-lines.c %D%/infra-lines.h \
	%D%/cmd-image-ingest.c %D%/cmd-image-probe.c %D%/cmd-ls.c %D%/cmd-model.c %D%/cmd-model-keep.c %D%/model.h %D%/cmd-module.c %D%/cmd-module-check.c %D%/cmd-mv.c \
	%D%/cmd-put.c %D%/cmd-replication-check.c %D%/cmd-replication-repair.c %D%/cmd-replication-status.c %D%/cmd-rm.c %D%/cmd-stat.c %D%/cmd-store.c %D%/cmd-sync.c %D%/cmd-transfer.c %D%/cmd-undelete.c %D%/cmd-verify.c %D%/cmd-version.c %D%/cmd-versions.c %D%/commands.c %D%/commands.def %D%/copies.c %D%/select.c \
	%D%/help.c %D%/ingest.h %D%/ingest-files.c %D%/ingest-lines.c %D%/items.c %D%/kinds.c %D%/line.h %D%/look.c %D%/main.c %D%/manual.c %D%/output.c \
	%D%/open.c %D%/recovery.c %D%/recovery.h %D%/replication.c %D%/replication.h %D%/replication-versions.c %D%/restoring.h %D%/talk.c %D%/watch.c %D%/write-file.c
larder_LDADD = liblarder.la libbase.la $(JANSSON_LIBS) -lpthread
dist_man_MANS += doc/man/larder.1
