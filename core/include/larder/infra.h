/* infra.h: what is desired, for other tools to make; a part of larder.h, which includes it. */
#ifndef LARDER_INFRA_H
#define LARDER_INFRA_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

enum larder_exporting_flag {
	LARDER_EXPORT_READER = 1 << 0    /* kubernetes: a pod besides that loads a model and reads it */
};

/* "kubernetes": of a [cache] the volumes and claims it is mounted by, and the job that fills it; doc/dev/kubernetes.md has what each line
 * is for. YAML in a stable order, the same for the same configuration. Asks no service but for ids of the file system that are not written.
 * Any other format ("terraform"): all that the sections stand for, as it is there, in one object of JSON of which the drivers write a share each;
 * asks the services. */
struct larder_exporting {
	size_t size;
	const char *format;
	uint32_t flags;                  /* enum larder_exporting_flag */
	uint32_t shards;                 /* pods that the job's work is divided among; 0: one, undivided */
	const char *cache;               /* [cache] section; NULL: the only one */
	const char *base, *model;        /* LARDER_EXPORT_READER: which; NULL: names to be replaced */
	const char *only;                /* but for kubernetes: one section with what it needs, "store/images"; NULL: all */
};

/* All or nothing comes to the sink (`begin` is not called). INVALID with the key that is missing or cannot be what it is; NOTFOUND: something of it is
 * not there yet; UNSUPPORTED: no driver writes anything in that format. What a backend lacks is left out. */
LARDER_API int larder_export (struct larder *larder, const struct larder_exporting *request, const struct larder_sink *sink, struct larder_error *error);

/* ---- what the sections stand for: planned, made, shown, removed ---------------------------------- */

/* Resources as the sections want them, as the services tell them, and what lies between. One call of one of them at a time, those that take it `const`, too: they make lines and let go of them. Nothing of it is stored:
 * doc/dev/infra.md tells how a resource is known again. */
struct larder_infra;

enum larder_infra_flag {
	LARDER_INFRA_DESTROY = 1 << 0,   /* all of it is to go */
	LARDER_INFRA_ADOPT = 1 << 1,     /* settings that nobody declared go, instead of staying */
	LARDER_INFRA_STRICT = 1 << 2,    /* what a backend lacks is UNSUPPORTED, not a remark */
	LARDER_INFRA_REPLACE = 1 << 3,   /* resources may be removed and made anew, with what they hold */
	LARDER_INFRA_LEAN = 1 << 4       /* what is as it is to be is not kept, and larder_infra_observed tells nothing of it: for many resources */
};

enum larder_infra_mark {
	LARDER_INFRA_SAME = ' ',
	LARDER_INFRA_CREATE = '+',
	LARDER_INFRA_UPDATE = '~',
	LARDER_INFRA_REPLACED = 'r',     /* shown as -/+; of the whole `why` tells whether it will be */
	LARDER_INFRA_REMOVE = '-',
	LARDER_INFRA_LACKING = '!',      /* not supported here */
	LARDER_INFRA_UNMANAGED = '?',    /* there, and not declared: left alone */
	LARDER_INFRA_FAILED = 'x',       /* cannot be looked at, failed at its service, or would be refused there */
	LARDER_INFRA_WARNING = 'w',      /* a trap: `why` tells, `path` is its name */
	LARDER_INFRA_LEFT = '=',         /* to go, and it will be left: `why` */
	LARDER_INFRA_COST = '$'          /* `path` is the name of a price, `why` its unit, `will` (or of what ends `was`) amount and currency */
};

/* One change, or with path NULL the resource as a whole: it comes first, then its lines in byte order of their paths. */
struct larder_infra_change {
	size_t size;
	uint32_t mark;                   /* enum larder_infra_mark */
	const char *kind, *section;      /* of the section it stands for: "store", "images" */
	const char *type, *identity;     /* "bucket", its name */
	const char *path;
	const char *was, *will;          /* NULL: nothing, or of `will` what is known only afterwards */
	const char *from;                /* who tells `will`: "cdn/images#principal" */
	const char *why;                 /* reason, or what forces it; NULL */
	const char *next;                /* a way out, or NULL */
	int code;                        /* of FAILED */
	const char *accept;              /* of WARNING, where it can be: what accepts it, and where: "accept = oai in [cdn \"images\"]"; NULL */
};
typedef int (*larder_infra_change_fn) (void *context, const struct larder_infra_change *change, struct larder_error *error);

struct larder_infra_request {
	size_t size;
	uint32_t flags;                  /* enum larder_infra_flag */
	const char *saved;               /* what larder_infra_save wrote: that and nothing else, with no `only` and of `flags` DESTROY where it destroys, and LEAN; CONFLICT
	                                  * when the world moved since. NULL */
	const char *only;                /* one section, "store/images", with what it needs; to destroy that alone. NULL: all */
	int64_t wait;                    /* ns that one resource may take at its service, before it is NOTREADY; 0: 45 minutes, less than 0: none */
};

/* Reads all of it. A resource that cannot be looked at is FAILED, and no failure here. INVALID: references that lead in a circle, two sections
 * for one thing. */
LARDER_API int larder_infra_open (struct larder *larder, const struct larder_infra_request *request, struct larder_infra **ret, struct larder_error *error);
LARDER_API void larder_infra_free (struct larder_infra *infra);     /* NULL allowed */
LARDER_API int larder_infra_changes (const struct larder_infra *infra, larder_infra_change_fn change, void *context, struct larder_error *error);
/* As the services tell it: each line is of mark SAME, `was` its value. A whole is of mark SAME, REMOVE where it is not there, FAILED or LACKING; of UNMANAGED what is there beside the sections. */
LARDER_API int larder_infra_observed (const struct larder_infra *infra, larder_infra_change_fn line, void *context, struct larder_error *error);

/* What does not do what its reader thinks, as far as it is known without asking any service: a note each, none that a section accepts; what the service would refuse for sure is a failure,
 * INVALID. */
LARDER_API int larder_infra_traps (struct larder *larder, larder_finding_cb finding, void *context, struct larder_error *error);

/* What a role must be allowed for the resources of the sections and no more, in the words of their services, as one JSON document to the
 * sink (`begin` is not called): "operator" sets them up, changes and removes them; "worker" puts objects into the stores and takes them
 * out; "reader" takes them out. Asks no service. `lacking` is told the resources that nothing is said of, and why. UNSUPPORTED: nothing
 * is said of any. */
struct larder_infra_document { size_t size; uint64_t characters, most; };    /* without blanks; what the services take, 0: any */
LARDER_API int larder_infra_policy (struct larder *larder, const char *role, const struct larder_sink *sink, larder_infra_change_fn lacking, void *context,
                                    struct larder_infra_document *ret, struct larder_error *error);

/* Resources; of `lacking`, `unmanaged` and `warnings` their lines, too. */
struct larder_infra_counts {
	size_t size;
	uint64_t created, updated, replaced, removed, same;
	uint64_t lacking, unmanaged;     /* not supported here; there, and not declared */
	uint64_t failed, skipped, warnings;
	uint64_t missing;                /* not there, and another's to make, or gone already where all is to go */
	uint64_t left;                   /* of a plan: to be replaced or removed, and it will be left */
	uint64_t refused, broken;        /* of `failed`: what the service would refuse, and what failed there */
};
LARDER_API void larder_infra_count (const struct larder_infra *infra, struct larder_infra_counts *ret);
/* The plan as text, with a digest of all that was observed, in one piece to the sink (`begin` is not called). */
LARDER_API int larder_infra_save (const struct larder_infra *infra, const struct larder_sink *sink, struct larder_error *error);

enum larder_infra_step { LARDER_INFRA_BEGUN = 1, LARDER_INFRA_WAITING = 2, LARDER_INFRA_DONE = 3, LARDER_INFRA_BROKEN = 4, LARDER_INFRA_SKIPPED = 5, LARDER_INFRA_LACKED = 6 };
/* Of a resource, on the threads that do it, one call at a time. `error` of BROKEN; `why` of SKIPPED, and of WAITING what the service calls its
 * state. WAITING comes whenever that was looked at. LACKED, before all else: nothing of it is made, as it is not supported here, or is another's to make (`why`). */
struct larder_infra_event {
	size_t size;
	uint32_t step;                   /* enum larder_infra_step */
	struct larder_infra_change change;      /* the whole */
	const struct larder_error *error;
	int64_t waited, before, most;    /* of WAITING, ns: for how long by now, by the event before it (less than 0: this is the first), and at the most */
};
typedef void (*larder_infra_event_fn) (void *context, const struct larder_infra_event *event);

/* Does what was planned, in the order of the references, independent resources at a time; waits for what takes time. Each is read again
 * afterwards. A failure keeps from what comes after it alone; the code is that of the first one, and counts tell what was done, and what is lacking as
 * larder_infra_count has it. */
LARDER_API int larder_infra_apply (struct larder_infra *infra, larder_infra_event_fn event, void *context, struct larder_infra_counts *ret, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
