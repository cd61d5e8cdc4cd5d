noinst_LTLIBRARIES += libtransfer.la
libtransfer_la_CPPFLAGS = $(IN_TRANSFER)
libtransfer_la_SOURCES = \
	%D%/apply.c \
	%D%/copy.c %D%/copy-parts.c %D%/count.c \
	%D%/download.c \
	%D%/exact.c %D%/expect.c \
	%D%/from-local.c %D%/from-store.c \
	%D%/item.c \
	%D%/journal.c %D%/journal.h %D%/json-text.c %D%/json-text.h \
	%D%/manifest.h %D%/manifest-keep.c %D%/manifest-place.c %D%/manifest-read.c %D%/manifest-write.c \
	%D%/meeting.c \
	%D%/open-upload.c %D%/open-upload.h \
	%D%/parts.c %D%/parts.h %D%/parts-list.c \
	%D%/pending.c %D%/pending.h %D%/pending-give-up.c \
	%D%/plan.h %D%/plan-read.c %D%/plan-write.c \
	%D%/pool.c %D%/pool.h \
	%D%/remove.c \
	%D%/same.c %D%/settle.c %D%/shadow.c %D%/spelling.c %D%/stream.c \
	%D%/sync.c %D%/sync.h %D%/sync-list.c %D%/sync-merge.c %D%/sync-mode.c %D%/sync-remove.c %D%/sync-side.c %D%/sync-side.h \
	%D%/target.c \
	%D%/transfer.c %D%/transfer.h \
	%D%/upload.c \
	%D%/verify.c %D%/verify-manifest.c \
	%D%/versions.c %D%/versions.h %D%/versions-back.c %D%/versions-remove.c %D%/versions-undelete.c \
	%D%/write.c %D%/write.h
