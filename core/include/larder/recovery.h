/* recovery.h: what was lost comes back: databases, backups, and whether it would; a part of larder.h, which includes it. */
#ifndef LARDER_RECOVERY_H
#define LARDER_RECOVERY_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a service works on for long ---------------------------------------------------------- */

enum larder_recovery_flag {              /* beside LARDER_DRY_RUN, which looks whether it can be done, and begins nothing */
	LARDER_RECOVERY_WAIT = 1 << 16       /* until the service is done */
};

enum larder_recovery_step { LARDER_RECOVERY_PLANNED, LARDER_RECOVERY_STARTED, LARDER_RECOVERY_RUNNING, LARDER_RECOVERY_DONE };
/* What a database restore, a backup, a copy of a snapshot has come to. */
struct larder_recovery_event {
	size_t size;
	uint32_t step;                   /* enum larder_recovery_step */
	const char *kind, *section;      /* "database", its name */
	const char *action;              /* "restore" */
	const char *from, *to;           /* what the service calls them; to may be NULL */
	const char *token;               /* of what was begun; NULL while planned */
	const char *message;             /* of RUNNING: the service's own word, or NULL */
	int32_t percent;                 /* or -1 */
	struct larder_pairs results;     /* of DONE: "endpoint", "port"; "left", as often as there is something, what could not be carried over */
	int64_t waited, before;          /* of RUNNING: ns since this began to wait, and at the event before (-1: none) */
};
typedef int (*larder_recovery_fn) (void *context, const struct larder_recovery_event *event, struct larder_error *error);

/* ---- databases --------------------------------------------------------------------------------- */

/* A database as it was at a time, as a new one beside it, which is to be all that the old one is: how it is reached, protected, kept. */
struct larder_database_restore {
	size_t size;
	const char *name;                /* of its [database] */
	uint32_t flags;                  /* enum larder_recovery_flag */
	int64_t at;                      /* wall clock, ns; 0: the latest there is */
	const char *to;                  /* what the service is to call the new one */
};
/* Asked for again it is the same restore, and goes on with what is left. NOTREADY while it is not done, and was not waited for; CONFLICT: another has that name; INVALID a time
 * that the service does not have, `next` which it has; UNSUPPORTED by a service that restores none. */
LARDER_API int larder_database_restore (struct larder *larder, const struct larder_database_restore *request, larder_recovery_fn event, void *context, struct larder_error *error);

/* A copy of a snapshot, which stays until somebody removes it: what a database makes by itself goes after its retention, and with the database. */
struct larder_snapshot_copy {
	size_t size;
	const char *name;                /* of its [database] */
	uint32_t flags;                  /* enum larder_recovery_flag */
	const char *point, *to;          /* as larder_kept tells it; what the copy is called */
	const char *region, *key;        /* where it is to be, as the service calls it, and by which key; NULL: as the snapshot */
};
/* As of larder_database_restore. The result "point" of DONE is its address. */
LARDER_API int larder_snapshot_copy (struct larder *larder, const struct larder_snapshot_copy *request, larder_recovery_fn event, void *context, struct larder_error *error);

/* ---- backups ----------------------------------------------------------------------------------- */

enum larder_kept_flag { LARDER_KEPT_JOBS = 1 << 0 };     /* what is being made, or came to nothing, instead of what there is */
struct larder_kept {
	size_t size;
	const char *kind, *name;         /* of the section: "backup" or "database"; name NULL: each of that kind */
	uint32_t flags;                  /* enum larder_kept_flag */
	const char *id;                  /* of one job; NULL: of all */
};
typedef int (*larder_kept_fn) (void *context, const char *section, const struct larder_backup *backup, struct larder_error *error);
/* What is kept, the newest first, section by section. NOTFOUND: no section of that name, its service has no such thing, or no job of that id. UNSUPPORTED by a service
 * that keeps nothing. */
LARDER_API int larder_kept (struct larder *larder, const struct larder_kept *request, larder_kept_fn kept, void *context, struct larder_error *error);

/* One backup more, beside those that a [backup] makes by itself: where, for as long as and as whom its plan says. */
struct larder_backup_start {
	size_t size;
	const char *name;                /* of its [backup] */
	uint32_t flags;                  /* enum larder_recovery_flag */
	const char *resource;            /* of what: a section that it backs up, "model-cache", "filesystem/model-cache"; NULL: of each */
	const char *rule;                /* of several */
};
/* One of that resource that was asked for so, and is under way, is that one. Not waited for it is begun, and no failure. Of several all are begun before the first is waited for.
 * INVALID: the plan does not back it up. */
LARDER_API int larder_backup_start (struct larder *larder, const struct larder_backup_start *request, larder_recovery_fn event, void *context, struct larder_error *error);

/* What a [backup] keeps, back into what is there, in a folder of its own, or into something new. */
struct larder_backup_restore {
	size_t size;
	const char *name;                /* of its [backup] */
	uint32_t flags;                  /* enum larder_recovery_flag */
	const char *point;               /* id of what is kept, as larder_kept tells it */
	const char *to;                  /* id of what takes it, as its service has it; NULL: a new one is made */
	const char *role;                /* as whom; NULL: as who backs up */
	const char *mark;                /* the same point, taker and mark are the same restore; NULL: no mark */
};
/* NOTREADY while it is not done, and was not waited for. The result "resource" of DONE is where it is. */
LARDER_API int larder_backup_restore (struct larder *larder, const struct larder_backup_restore *request, larder_recovery_fn event, void *context, struct larder_error *error);

/* ---- drills ------------------------------------------------------------------------------------ */

enum larder_drill_flag {                /* beside LARDER_DRY_RUN and LARDER_ARCHIVE_WAIT */
	LARDER_DRILL_KEEP = 1 << 20,     /* what was restored stays */
	LARDER_DRILL_NEWER = 1 << 21     /* a source that was changed since it was kept is no failure */
};

struct larder_drill {
	size_t size;
	uint32_t flags;                  /* enum larder_drill_flag */
	const char *what;                /* STORE, STORE:PREFIX/, or the name of a [filesystem] */
	uint64_t sample;                 /* so many keys, each with the same chance; 0: all */
	const char *source;              /* the tree that was kept: a folder, STORE:PREFIX/; NULL: not known; of a [filesystem] the root of its backend */
	const char *scratch;             /* folder in which it makes one of its own; NULL: in the state folder */
	const char *report;              /* folder of the reports; NULL: in the state folder */
	const char *tier, *most;         /* as of struct larder_archive_restore */
	uint32_t days;
	const char *restored;            /* of a [filesystem]: the folder that a restore made, or where the file system that took it is mounted, with that one folder in it; NULL: the newest that its [backup] keeps is
	                                  * restored into it, and seen in `scratch`, else in `source` */
	const char *role;                /* of a [filesystem]: as whom it is restored; NULL: as who backs up */
};

/* What it came to; texts live in the arena. */
struct larder_drilled {
	size_t size;
	const char *what, *source;       /* source NULL: with none was compared */
	const char *scratch;             /* where what was restored lies, when it was to be kept; or NULL */
	int64_t begun, ended;
	int64_t newest;                  /* when the newest of what can be restored was kept */
	int64_t rpo, rto;                /* ns: the age of that when it began; from then until all was restored and compared. Negative: not known, for clocks differ: that was kept so much later than it was here by then; the
	                                  * clock here was set back so far, at the least */
	uint64_t listed, taken, bytes;   /* keys there are; of these restored, or to be, and their bytes */
	uint64_t manifests;              /* of the store that were read */
	uint64_t with_manifest, not_in_manifest;   /* compared with what they tell; of which they tell nothing */
	uint64_t with_source;            /* compared byte for byte with their source */
	uint64_t source_gone, source_newer;   /* not there any more; changed since, and let pass */
	uint64_t differs, missing, extra, failed;  /* keys of which that was found, each counted once; extra: of a file system alone */
	const char *report;              /* path of three files, but for their endings .txt, .json and .html; NULL: none */
	const char *text;                /* what .txt begins with */
	const char *point;               /* of a [filesystem]: id of what was restored; NULL: somebody else restored it, or it is of a store */
};

/* Restores to a place of its own, compares with what manifests tell and with the source, measures, and writes a report. What is archived is restored by larder_archive_restore: NOTREADY while it is on its way, and the same
 * request goes on, with the same sample, after anything; one that asks for something else begins anew. Estimates come before anything is asked for. Events: "asked", "restored",
 * "copied", and of keys "differs", "missing", "extra" and "failed". NOTFOUND: there is nothing to restore. NOSPACE before it begins, where it would not fit. CONFLICT while another process is at it. The
 * code is 0 also when something was found: INTEGRITY as `code` of the summary where anything differs, is missing or extra, else that of the first that failed. */
LARDER_API int larder_backup_drill (struct larder *larder, struct larder_arena *arena, const struct larder_drill *request, larder_archive_estimate_fn estimate, larder_event_fn event,
                                    void *context, struct larder_drilled *ret, struct larder_summary *ret_summary, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
