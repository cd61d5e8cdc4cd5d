/* resource.h: what is to be, what is there, and what lies between: one resource, all of them. doc/dev/infra.md tells the whole. */
#ifndef LARDER_INFRA_RESOURCE_H
#define LARDER_INFRA_RESOURCE_H

#include <larder/larder.h>
#include "lines.h"
#include "names.h"
#include "store.h"

struct larder_driver;
struct larder_resource;
struct larder_resource_type;
struct larder_path_rule;
struct larder_infra;
struct resource;

typedef int (*resource_desire_fn) (const struct larder_infra *infra, struct resource *resource, struct larder_error *error);

/* One difference. `path` NULL: the resource as a whole. */
struct change {
	uint32_t mark;                   /* enum larder_infra_mark */
	const char *path, *was, *will;   /* was NULL: nothing; will NULL: gone, or not known yet when `from` is set */
	const char *from, *why, *next, *accept;
};

struct changes { struct change *at; size_t count, room; };

struct resource {
	const char *kind, *section;      /* the section it stands for: "store", "images" */
	const char *type, *identity;     /* "bucket", its name */
	const char *backend;
	const char *driver;              /* of a [resource] that has its type from there alone; else NULL */
	const struct config_section *at;
	bool protect;                    /* destroy and replace leave it */
	bool aside;                      /* not asked for: looked at for what others need of it, and left alone */
	bool cut;                        /* its backend does not know the type: nothing of it is sent */
	const char *why_cut;
	const char *must;                /* pattern of a path that it is nothing without, or NULL: a backup that selects nothing backs up everything, and nothing is copied nowhere */
	struct lines desired, observed;
	resource_desire_fn desire;       /* makes the desired lines from its section, as often as they are wanted; NULL: they are kept */
	bool desires;                    /* they are there */
	struct lines offered;            /* what else its driver may want to know: desired where its type has such a path and the service does not decide it, and else nothing */
	struct lines refused;            /* paths of what was said no to: each, and what is below it, goes where it is there; of a set, whatever is in it beside what is desired */
	uint32_t state;                  /* enum larder_resource_state, as last read */
	struct changes changes;          /* those of a set together, in byte order of their paths; none of one that is to be made: that is all it desires */
	uint32_t mark;                   /* what becomes of the whole: enum larder_infra_mark */
	int code;                        /* of what went wrong with it, told in `error`, which is there then */
	const struct larder_error *error;
	bool alien;                      /* by its tag it is another environment's */
	const char *why_failed;          /* of one that cannot be looked at */
	bool left;                       /* it is to be replaced or to go, and will not be */
	bool stays;                      /* it was to go, or to be made anew, and does not: protected, or not asked for, or its bucket holds objects, or so does what needs it */
	const char *why_left;            /* or what becomes of it when it is replaced */
	size_t *needs, need_count, need_room;    /* indices of resources that come first */

	struct changes lacks;            /* desired lines that the backend does not support */
	struct changes traps;
	const char *refusal, *refusal_next;      /* of a trap that is met and that the service refuses, or NULL */
	const char *mismatch, *mismatch_next;    /* of a key that its edges would refuse every viewer for: a refusal, as of a trap */
	bool asks, told;                 /* some of its values are told by others; others ask it for some */
	bool sifted, empty;              /* those were taken out; nothing else was desired: where it is not there, nothing is to be made */
	bool holds_nothing;              /* its bucket, as was found before this went */
	int holds;                       /* its bucket, as found by the plan to destroy that asked it for all of the bucket: 1: objects, 0: none, -1: it could not be asked */
	bool held_then;                  /* and as the saved plan had it */
	const char *seen_then;           /* of a saved plan: a digest of what was observed of it; "": it could not be looked at */
	bool bare;                       /* without any line, too, there is something to make */
	bool watched;                    /* its section asks nothing of it: looked at for what of ours may be there still; set aside where nothing is told of it */
	int64_t abort_after;             /* of a bucket, while its lines are made: ns; 0: nothing said, -1: never */
	struct waiting { int64_t began, told, pause; } waiting;      /* for its service, in this run: since when by the boot clock, and at the last event; ns */
	unsigned again;                  /* how often its service was asked once more in this run, as it had too much to do */
	struct instance *instance;
	const struct larder_resource_type *means;
	size_t means_stride;             /* of the table it stands in: an older module's entries are shorter */
	struct larder_arena *arena;      /* of its own: resources are looked at in parallel */
	struct larder_arena *wanted;     /* of desired and refused lines, and what is worked out of them */
	struct larder_arena *seen;       /* of what was read last, and of the changes */
	unsigned char digest[32];        /* of what was read by the plan */
};

/* Of ours in this environment, and of no section. */
struct other { const char *kind, *section, *type, *identity, *why, *way_out; struct other *next; };

/* A driver that is asked what it supports, and nothing else. */
struct described { const char *backend, *control; struct instance *instance; struct described *next; };

struct larder_infra {
	struct larder *larder;
	uint32_t flags;                  /* enum larder_infra_flag */
	int64_t wait;                    /* ns that one resource may take */
	bool describing;                 /* no service is asked and nothing is made: the instances know only what they support */
	struct described *described;
	struct larder_arena *arena;
	struct resource *at;
	size_t count, room;
	struct names sections;           /* which resource, by KIND and NAME */
	struct other *others;
	bool saved;                      /* by a saved plan, which had a head */
};

/* ---- desired.c, desired-*.c: from the sections ---- */

/* A new resource of a section, desired lines begun; NULL: no memory. */
struct resource *resource_add (struct larder_infra *infra, const struct config_section *at, const char *type, const char *identity, const char *backend);
struct resource *resource_find (const struct larder_infra *infra, const char *kind, const char *section, const char *type);
/* Desired lines are let go where its section makes them again at any time, so that a thousand buckets take little; and are made again, sifted as they were. */
int resource_desired_by (const struct larder_infra *infra, struct resource *resource, resource_desire_fn desire, struct larder_error *error);
int resource_desire (const struct larder_infra *infra, struct resource *resource, struct larder_error *error);
void resource_let_go (struct resource *resource);
/* It comes after `other`, which may be NULL. */
int resource_needs (struct larder_infra *infra, struct resource *resource, const struct resource *other, struct larder_error *error);
int desired_read (struct larder_infra *infra, struct larder_error *error);
int desired_stores (struct larder_infra *infra, struct larder_error *error);
int desired_access (struct larder_infra *infra, struct larder_error *error);
int desired_replications (struct larder_infra *infra, struct larder_error *error);
int desired_cdns (struct larder_infra *infra, struct larder_error *error);
int desired_filesystems (struct larder_infra *infra, struct larder_error *error);
int desired_backups (struct larder_infra *infra, struct larder_error *error);
int desired_own (struct larder_infra *infra, struct larder_error *error);
int desired_databases (struct larder_infra *infra, struct larder_error *error);
/* The sections of a kind that a list in one text names, in its order: the first, or the next after one; NULL: no more. */
const struct config_section *section_listed (const struct larder_infra *infra, const char *kind, const char *names, const struct config_section *after);
/* "NAME", or "KIND/NAME" where that alone tells it from another. Pure. */
bool section_is_named (const char *text, const char *kind, const char *section);
/* Of a [backup-rule], or of the only rule of a [backup]. */
const char *backup_rule_id (const struct config_section *at);
/* "NAME=VALUE" of a list as tag[NAME] = VALUE. */
int desired_tags (struct resource *resource, const char *const *tags, struct larder_error *error);
/* The line where it has a value; where it has none and was `given`, no or 0, it was said no to. */
void lines_add_or_refuse (struct resource *resource, const char *path, const char *value, bool given);
static inline const char *yes_no (bool value) { return value ? "yes" : "no"; }
/* NULL unless more than 0: whole days, and seconds. */
const char *text_days (struct larder_arena *arena, int64_t ns);
const char *text_seconds (struct larder_arena *arena, int64_t ns);
bool same_text (const char *one, const char *other);          /* NULL is as good as "" */
/* Do two [backend] sections say the same of each of these keys? `keys` ends with NULL. */
bool backends_agree (const struct larder_infra *infra, const char *one, const char *other, const char *const *keys);

/* ---- observe.c: what the services tell ---- */

/* NULL: the driver has none of that name. */
const struct larder_resource_type *resource_type_of (const struct larder_driver *driver, const char *name);
/* INVALID, with the place, where the driver of a [backend] was misspelt. */
int drivers_check (const struct larder_infra *infra, struct larder_error *error);
/* Its driver and type; where the backend lacks it, `cut` with the reason. */
int resource_bind (struct larder_infra *infra, struct resource *resource, struct larder_error *error);
/* Of what is offered to one that is bound, what its type has a path for is desired. */
int resource_take_offers (struct resource *resource, struct larder_error *error);
/* Nothing of it is sent: its backend lacks it, and why. */
int resource_cut (struct resource *resource, const char *why, struct larder_error *error);
/* Reads it anew: state and observed lines. */
int resource_read (struct larder_infra *infra, struct resource *resource, struct larder_error *error);
/* A service that has too much to do, after the driver's own tries: 1: asked again now, after a pause, a few times for one resource in one run;
 * 0: it is not that, or enough; CANCELLED. */
int resource_again (const struct larder_infra *infra, struct resource *resource, int code, struct larder_error *error);
/* UNAVAILABLE when the service told that it failed. */
int resource_failed (const struct resource *resource, struct larder_error *error);
/* Values that others tell, where those are there. */
int resource_resolve (const struct larder_infra *infra, struct resource *resource, struct larder_error *error);
/* Does this run remove it and make it anew? What it tells is not known then, until that is done. */
bool resource_made_anew (const struct resource *resource);
/* Who is to tell a value: NULL when nobody here will. */
struct resource *resource_told_by (const struct larder_infra *infra, const char *from);
/* What its driver is asked with, but for lines. */
struct larder_resource resource_request (const struct resource *resource);
/* All that is to be there afterwards: what is desired, and of what is there what nobody here declared. In the arena of what was seen. */
int resource_target (const struct larder_infra *infra, const struct resource *resource, struct lines *ret, struct larder_error *error);
enum resource_act { RESOURCE_CREATE, RESOURCE_UPDATE, RESOURCE_REMOVE };
int resource_act (struct larder_infra *infra, struct resource *resource, enum resource_act what, struct larder_error *error);

/* ---- others.c: what an earlier pipeline file made ---- */

/* Of what the services told by now. */
int others_find (struct larder_infra *infra, struct larder_error *error);
/* CONFLICT where it is another environment's by its tag; and so is, after all were looked at, whatever else is of the same thing. */
int alien_check (const struct larder_infra *infra, struct resource *resource, struct larder_error *error);
void aliens_spread (struct larder_infra *infra);
int others_tell (const struct larder_infra *infra, larder_infra_change_fn change, void *context, struct larder_error *error);

/* ---- diff.c ---- */

/* Lines that the backend lacks go from the desired ones, once, and are told as changes. INVALID where one of the others has a value that it cannot have. */
int resource_sift (struct larder_infra *infra, struct resource *resource, struct larder_error *error);
/* A desired line that its backend lacks, and why: copied. */
int resource_lacks (struct resource *resource, const char *path, const char *value, const char *why, struct larder_error *error);
/* From both lists, sifted: changes and mark. */
int resource_compare (struct larder_infra *infra, struct resource *resource, struct larder_error *error);
/* Is a line that is there ours, part of a member that is, or of what was said no to, so that it goes unless it is declared? */
bool resource_has_within (const struct resource *resource, const struct larder_path_rule *rule, const char *path);
/* Is a line that is there and not asked for of a member that nobody asks for and that has a line which is ours wherever it is, all of which goes? Or does its member say it in another way now? */
bool resource_goes (const struct resource *resource, const struct larder_path_rule *rule, const char *path);
const struct larder_path_rule *resource_rule (const struct resource *resource, const char *path);

/* ---- words.c: values that only the service would refuse ---- */

/* INVALID, with the place, unless the value is of the path's type and among the words that the table has for it. It was written as `key` of section `at`. */
int words_check_value (const struct resource *resource, const char *path, const char *value, const struct config_section *at, const char *key, struct larder_error *error);
/* All desired lines, but for what others tell, and how many there are. */
int words_check (const struct larder_infra *infra, const struct resource *resource, struct larder_error *error);
/* What it is called, where none is there yet: its service would make none. */
int words_check_identity (const struct larder_infra *infra, const struct resource *resource, struct larder_error *error);
/* INVALID for a line, with the place: the driver says why. */
int words_refuse (const struct larder_infra *infra, const struct resource *resource, const struct line *line, const struct larder_error *why, struct larder_error *error);
/* Of what is to go, or is not asked for, nobody needs to mend them. */
bool words_matter (const struct larder_infra *infra, const struct resource *resource);

/* ---- facts.c, traps.c: what does not do what its reader thinks ---- */

/* What core knows of it beside its desired lines, as lines: what serves it, what else lies in it, what copies it. */
int facts_read (const struct larder_infra *infra, const struct resource *resource, struct lines *ret, struct larder_error *error);
/* facts-rules.c: rules of a lifecycle that leave something behind. Of a bucket: rule[ID].old-stay, what expires has old versions that no rule removes. Of what copies it:
 * rule[ID].left-behind = CLASS, where originals end, and copies do not, or later. */
void facts_of_old_versions (const struct larder_infra *infra, const struct schema_store *store, struct lines *facts);
void facts_of_copies (const struct larder_infra *infra, const struct schema_store *store, struct lines *facts);
/* The traps that are met and accepted by no section, as changes of mark WARNING. */
int traps_find (const struct larder_infra *infra, struct resource *resource, struct larder_error *error);
/* INVALID for a name that a section accepts and that no driver of this profile knows, where the driver of what the section stands for knows traps. */
int traps_check_accepted (const struct larder_infra *infra, struct larder_error *error);
/* INVALID when one of those found is what the service refuses. */
int traps_refuse (const struct resource *resource, struct larder_error *error);
/* Is the condition met? Pure. */
bool trap_is_met (const char *when, const struct resource *resource, const struct lines *facts);

/* ---- holds.c: a bucket and its parts, who may read it and what is copied from it ---- */

/* The bucket that it is a part of; NULL: of none that a section here stands for. */
const struct resource *resource_whole (const struct larder_infra *infra, const struct resource *one);
#define EMPTIES_IT "larder rm -r --all-versions %s: empties it"        /* of the [store] */
/* CONFLICT when it is a part of a bucket that holds objects, or one that the plan found to. */
int resource_refuse_held (struct larder_infra *infra, struct resource *one, struct larder_error *error);
/* Does a bucket that is to go hold an object? Asked once for the bucket and its parts, on any thread. */
int resource_look_held (struct larder_infra *infra, struct resource *one, struct larder_error *error);
/* As was found for it, or for what it is a part of: 1, 0, or -1. */
int resource_is_held (const struct larder_infra *infra, const struct resource *one);

/* ---- window.c: times of a day and of a week, UTC. Pure, but for where `here` is ---- */

/* "hh:mm-hh:mm", of at least so many minutes? */
bool window_is_of_a_day (const char *text, int least);
/* Of a day or of a week ("sun:05:00-sun:05:30"), each. What is no window overlaps none. */
bool windows_overlap (const char *one, const char *other);
/* A window of a day by this machine's clock, "12:00-13:00 KST"; the times of a schedule, "cron(0 2 …)", by both: "02:00 UTC, 11:00 KST". Where
 * this clock is UTC there is one to tell: NULL for a window, and "02:00 UTC". NULL: it is neither, or no memory. */
char *window_here (struct larder_arena *arena, const char *text);

/* ---- costs.c: what the changes of a resource cost ---- */

struct prices;
/* The table that [larder] names; NULL: none. */
int costs_read (const struct larder_infra *infra, const struct prices **ret, struct larder_error *error);
/* Each price that begins or ends with a change of this resource, once; of one that lies in another region than the table is for, that alone, once: `told_region`. */
int costs_tell (const struct larder_infra *infra, const struct prices *prices, struct resource *resource, bool *told_region, larder_infra_change_fn change, void *context, struct larder_error *error);

/* ---- order.c: many at a time, each after what it needs ---- */

/* INVALID with all names of a circle. */
int order_check (struct larder_infra *infra, struct larder_error *error);
/* Calls `each` for every resource whose needs are done, on several threads; `backwards`: each after all that need it. A
 * negative answer keeps from beginning what comes after it: those are told to `skipped`. */
struct order {
	int (*each) (void *context, struct resource *resource);
	void (*skipped) (void *context, struct resource *resource, const struct resource *because);
	void *context;
	bool backwards, apart;           /* apart: needs do not count */
};
int order_run (struct larder_infra *infra, const struct order *order, struct larder_error *error);

/* ---- look.c: all of them, looked at ---- */

/* What went wrong with it, kept. The code. */
int resource_broke (struct resource *resource, int code, const struct larder_error *error);
/* The same, of one that cannot be looked at; with the service's own word and the id of the request, for whoever asks it. */
int resource_unseen (struct resource *resource, int code, const struct larder_error *error);
/* What was read of it, when it is not asked for again: nobody refers to what it tells. */
void resource_forget (const struct larder_infra *infra, struct resource *resource);
/* Reads and compares each; what goes wrong with one is kept with it. */
int look_at_all (struct larder_infra *infra, struct larder_error *error);

/* ---- infra.c ---- */


/* What the sections stand for and who answers for it; no service is asked. To be freed by larder_infra_free. */
int infra_describe (struct larder *larder, struct larder_infra **ret, struct larder_error *error);
/* `why`: of what is under way or failed at the service, what that calls it. */
struct larder_infra_change infra_whole (const struct resource *resource);
const char *infra_state (const struct resource *resource);

/* ---- saved.c: a plan as text ---- */

/* Of what was just read of it. */
void resource_digest (struct resource *resource);

/* Its desired lines take the place of the sections'; resources it does not have are set aside. */
int saved_read (struct larder_infra *infra, const char *text, struct larder_error *error);
/* CONFLICT unless what is observed is what it was made of. */
int saved_check (const struct larder_infra *infra, struct larder_error *error);

#endif
