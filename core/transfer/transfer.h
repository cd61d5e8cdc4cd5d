/* transfer.h: one transfer under way. One thread, the caller's, finds the items and names their targets; the pool's threads
 * copy them; each is counted once. */
#ifndef LARDER_TRANSFER_TRANSFER_H
#define LARDER_TRANSFER_TRANSFER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <larder/larder.h>
#include "file.h"
#include "manifest.h"
#include "pool.h"

/* A store that sources are in; it stays open while any of its objects is under way. */
struct opened { struct opened *next; struct larder_store *store; };

/* What one side had of a key when a plan was made. */
struct seen { bool there; uint64_t length; int64_t mtime; const char *etag; };
struct expected { struct seen from, to; };

struct item;
struct transfer {
	struct larder *larder;
	const struct larder_transfer *request;
	const char *state;            /* folder for journals, or NULL */
	struct pool *pool;
	atomic_uint succeeded;        /* items */
	atomic_int stop;              /* ends the run: CANCELLED, NOSPACE, or what the event function returned */

	/* under the mutex: what is counted and told */
	pthread_mutex_t mutex;
	larder_event_fn event;
	void *context;
	struct larder_summary sum;
	bool differ;                  /* failures have different reasons */
	uint64_t known;               /* bytes of what was found so far that move, or have moved */
	bool found_all;               /* of nothing else */
	bool endless;                 /* of a stream nobody knows how many */
	unsigned undecided;           /* items that move only if they are not the same */
	unsigned barren;              /* items in a row that the service did not take */
	bool keep_times;              /* uploads keep the time of their file, downloads take it over: exact.c */
	/* NULL, or is given each item that is to be copied, named, before a thread gets it: true, and the item is his who took it. */
	bool (*take) (struct item *item);
	bool unfinished;              /* there are journals: those of what is the same already go */
	bool strict;                  /* whatever fails ends the run */
	unsigned room_most;           /* so many more that are in conflict with what the store has may wait until what is left over has gone */
	struct item *waiting;         /* those that do */
	struct plan *plan;            /* NULL, or gets what would be done; then a dry run */

	/* of the thread that finds items */
	struct larder_arena *arena;   /* of the whole run */
	uint64_t found;               /* items and refusals so far */
	struct opened *opened;        /* stores of sources, closed at the end */
	struct shadow *shadow;        /* local target: files of this listing that could be folders of what comes */

	/* where to */
	struct larder_store *store;   /* NULL: local */
	const char *to;               /* key, or local path */
	bool into;                    /* sources keep their last component */
	const char *leaves;           /* NULL, or the command whose manifest is left of what is written to a store */
	struct manifest *manifest;    /* which is this one, where [larder] has them */
	const char *folder;           /* local: the folder that `root` is */
	int root;                     /* local: -1 until something is written; under the mutex */
	mode_t umask;
	mode_t mode;                  /* local: of all files and folders; 0: by the umask */
	pthread_mutex_t names;        /* local, where names do not tell upper from lower case: one is published at a time */
};

/* One thing to copy: an object of a store (store and info) or a file. Its texts live in its own arena. */
struct item {
	struct task task;
	struct transfer *transfer;
	struct larder_arena *arena;
	const char *from;             /* address, for people */
	const char *to;               /* address, for people */
	const char *path;             /* target: key, or path below transfer->root */
	struct larder_store *store;
	struct larder_info stored;    /* what its store has told of what was written */
	const char *class_there;      /* compared: the class of the object that it would be, or NULL */
	struct larder_info info;      /* of the object: key, version, length, etag, mtime, and the checksum where whoever found it knew it */
	bool looked;                  /* info is all that a look tells; else what a listing did */
	int fd;                       /* file: -1 until its turn */
	int stream;                   /* standard input, or -1 */
	unsigned tries, succeeded;    /* so far; of the others when this one began */
	bool undecided;               /* counted as such */
	struct stat facts;            /* of the file */
	bool spooled;                 /* the file is a copy of a stream: has no path */
	/* NULL, or asked when its turn has come: is the target the same already? */
	int (*same) (struct item *item, bool *ret_same, struct larder_error *error);
	bool verify;                  /* it is compared, and never copied */
	bool creates;                 /* nothing was there */
	bool differs;                 /* and was found to be another: no failure to compare */
	int beneath;                  /* file: folder that `below` is in, open until the pool was drained, or -1: `from` is its path */
	const char *below;
	bool follow;                  /* links on its way, as long as they stay in that folder */
	const struct expected *expected; /* NULL, or what a plan says of both sides: nothing is done on anything else */
	const char *manifest;         /* NULL, or the name of the one that `info` is a line of */
	bool removal;                 /* of the target */
	struct larder_pair kept;      /* keep_times: the time as the metadata of what goes up */
	bool dated;
	int64_t mtime;                /* dated: for the file that is made of it */
};

/* ---- transfer.c: its beginning and end; `request` lives as long ---- */
int transfer_begin (struct transfer *transfer, struct larder *larder, const struct larder_transfer *request, larder_event_fn event, void *context,
                    struct larder_error *error);
/* Finds all that its request names, and gives each to a thread. */
int transfer_sources (struct transfer *transfer, struct larder_error *error);
/* Waits for all items; what the run ended with. */
int transfer_end (struct transfer *transfer, int code, struct larder_summary *ret_summary, struct larder_error *error);
/* larder_transfer and larder_sync into the private files of a model cache, with a folder of its own for journals. */
int transfer_with_state (struct larder *larder, const struct larder_transfer *request, const char *state, larder_event_fn event, void *context,
                         struct larder_summary *ret_summary, struct larder_error *error);
int sync_with_state (struct larder *larder, const struct larder_sync *request, const char *state, larder_event_fn event, void *context,
                     struct larder_summary *ret_summary, struct larder_error *error);
/* A store for sources, closed at the end. */
int transfer_open_source (struct transfer *transfer, const char *name, struct larder_store **ret, struct larder_error *error);

/* ---- count.c: each item ends in exactly one of these ---- */
void count_done (struct transfer *transfer, const struct item *item, uint64_t bytes);
/* An event of one's own, of one done. */
void count_event (struct transfer *transfer, const struct larder_event *event);
/* Nothing unless the request has LARDER_TELL_BEFORE. */
void count_before (struct transfer *transfer, const char *action, const char *from, const char *to);
void count_kept (struct transfer *transfer, const char *from, const char *reason);     /* in no sum: what its item came to is told elsewhere */
void count_skipped (struct transfer *transfer, const char *from, const char *reason);
/* Skipped, for it is there already: counted, not told. */
void count_unchanged (struct transfer *transfer);
void count_failed (struct transfer *transfer, const char *from, const char *to, const struct larder_error *error, int code, bool refused);
/* What is told when all else is over: it ends nothing. */
void count_last (struct transfer *transfer, const char *from, const struct larder_error *error, int code);
/* What a comparison found: "differs" or "missing", a failure of its own name. */
void count_unlike (struct transfer *transfer, const char *action, const char *from, const char *to, const struct larder_error *error, int code);
/* What this had is damaged, as `error` says, and goes once more. */
void count_again (struct transfer *transfer, const char *from, const char *to, const struct larder_error *error);
void count_progress (struct transfer *transfer, uint64_t bytes);
/* The same of bytes that nobody had counted on: those that are only looked at. */
void count_aside (struct transfer *transfer, uint64_t bytes);
/* How many are to come, for whoever tells how long it takes: what was found, what does not move after all, and that nothing more is found. */
void count_known (struct transfer *transfer, uint64_t bytes);
void count_spared (struct transfer *transfer, uint64_t bytes);
void count_found_all (struct transfer *transfer);
/* An item that is to move, unless it is the same; what was found of it. */
void count_item (struct transfer *transfer, struct item *item, uint64_t bytes);
void count_decided (struct transfer *transfer, struct item *item, bool moves, uint64_t bytes);
int count_end (struct transfer *transfer, int code, struct larder_summary *ret_summary, struct larder_error *error);
/* The threads of a run with these flags, as many as `jobs` and `memory` let it have. NULL: no memory. */
struct pool *transfer_pool (const struct larder *larder, uint32_t flags);
/* A code that ends the run, or 0. */
int transfer_stopped (struct transfer *transfer);

/* ---- settle.c ---- */
/* Are there journals? */
bool settle_has (const struct transfer *transfer);
/* Counts an item that is there already; nothing is left of the transfer that brought it. */
void settle (struct item *item);

/* ---- copy.c ---- */
/* Did the store find what it got damaged, and is the file as it was (NULL: memory)? Then it goes once more, and that is counted. */
bool put_goes_again (struct transfer *transfer, const struct item *item, const struct file_source *file, int code, const struct larder_error *error);

/* ---- meeting.c ---- */
/* No two things of the request's sources may have one name there: INVALID says which. */
int meeting_check (struct transfer *transfer, struct larder_error *error);

/* ---- target.c: names on the other side ---- */
int target_begin (struct transfer *transfer, const char *address, struct larder_error *error);
void target_end (struct transfer *transfer);
/* Fills item->path and item->to for `rel` below a source whose last component is `last`; either may be "". */
int target_name (struct transfer *transfer, const char *last, const char *rel, struct item *item, struct larder_error *error);
/* May a file below a folder have this name? INVALID says why not. */
int target_check_local (const char *path, struct larder_error *error);
/* A name that is no regular file (a device, a pipe, a link) is never replaced: INVALID. The folder is CONFLICT. */
int target_check_there (int folder, const char *name, const char *shown, struct larder_error *error);
/* A file of the user's own, for his eyes alone, to be published whole. `draft` is FILE_DRAFT_NONE. */
int target_draft (struct file_draft *draft, const char *path, bool durable, struct larder_error *error);
const char *kind_of_file (mode_t mode);
/* The path from the root on, of what is there or is yet to be made: then of the nearest folder above it. From malloc; NULL: nobody knows. */
char *target_whole_path (const char *path);
int target_root (struct transfer *transfer, struct larder_error *error);
const char *target_join (struct larder_arena *arena, const char *a, const char *b);

/* ---- spelling.c: folders that do not tell upper from lower case ---- */
bool spelling_folds (int folder);
/* INVALID when `name` is there in another spelling. */
int spelling_check (int folder, const char *name, const char *shown, struct larder_error *error);

/* ---- item.c: the way of an item from its finder to a thread ---- */
/* NULL: no memory, which is counted. */
struct item *item_new (struct transfer *transfer, const char *from);
/* It is to be done as long as both sides are so; false: no memory. */
bool item_expect (struct item *item, const struct expected *expected);
/* It is this object; false: no memory. */
bool item_of_object (struct item *item, struct larder_store *store, const struct larder_info *info);
/* Names its target for `rel` below `last`, and gives it to the pool; the item is gone afterwards. */
void item_add (struct item *item, const char *last, const char *rel);
/* Those that are in conflict with what the store has may wait, so many, until all else is done: they are tried once more. */
enum { WAITING_MOST = 10000 };
void items_add_waiting (struct transfer *transfer);
void item_free (struct item *item);
/* Opens a file when its turn has come. */
int item_open (struct item *item, struct larder_error *error);
void item_close (struct item *item);

/* ---- same.c ---- */
/* Compares the bytes of an item with those of its target: by what the stores tell, else by reading. For item->same. */
int item_same (struct item *item, bool *ret_same, struct larder_error *error);
/* False: the checksums of the two say nothing of each other. */
bool same_as_told (const struct larder_info *a, const struct larder_info *b, bool *ret_same);

/* The checksum of an object, of its bytes as they are read: as `info` tells it. */
int object_sum (struct transfer *transfer, struct larder_store *store, const struct larder_info *info, uint32_t type, char ret[32], struct larder_error *error);

/* ---- verify.c ---- */
/* INTEGRITY. */
int verify_differs (const char *one, const char *other, const char *how, struct larder_error *error);
void verify_same (const struct item *item);

/* ---- copy.c ---- */
/* Copies one item, and when moving removes its source once the copy is proven. */
int copy_item (struct transfer *transfer, struct item *item, struct larder_error *error);
/* Refused, not failed: by its name, before anything was tried. */
bool copy_is_refusal (const struct transfer *transfer, const struct item *item, int code);

/* ---- exact.c: times to the nanosecond, in the metadata of objects ---- */
#define EXACT_ROOM 40
void exact_text (int64_t time, char ret[EXACT_ROOM]);
bool exact_parse (const char *text, int64_t *ret);
/* An upload keeps the time of its file, which is open. */
int exact_keep (struct item *item, struct larder_attributes *attributes, struct larder_error *error);
/* A file that is made of this object gets the time that is kept in it, else the object's own. */
void exact_of_object (struct item *item, const struct larder_info *info);
/* For item->same: looks at the object, and that alone; compares the times of what has one size. */
int exact_look (struct item *item, bool *ret_same, struct larder_error *error);
int exact_same (struct item *item, bool *ret_same, struct larder_error *error);

/* ---- expect.c: what a plan says must still be so ---- */
/* An item's `same` when it comes from a plan: is it as planned on both sides? CONFLICT when it is not; the same when it is done already. */
int expect_both (struct item *item, bool *ret_same, struct larder_error *error);
/* Removes the target, as it was planned. */
/* Are both sides still so? Asked again. */
bool expect_holds (struct item *item);
int expect_remove (struct item *item, struct larder_error *error);
/* The last look at a file, before another takes its name. */
int expect_file (const struct item *item, int folder, const char *name, struct larder_error *error);
/* The condition of a write or copy that goes to a store. */
bool expect_create_only (const struct item *item);
const char *expect_if_match (const struct item *item);

/* ---- copy-parts.c: larder_copy_object for any length: a large object in pieces, inside the service or by way of this process, with a journal
 * of `what` ---- */
struct journal_what;
int copy_stored (struct transfer *transfer, struct larder_store *from, struct larder_store *to, struct larder_arena *arena,
                 const struct larder_copy_object *request, const struct journal_what *what, uint64_t length, struct larder_info *ret_info,
                 struct larder_error *error);

/* ---- upload.c, download.c: one large object in pieces ---- */
/* Large enough, and the store can? */
bool upload_in_parts (const struct transfer *transfer, uint64_t length);
int upload_parts (struct transfer *transfer, struct item *item, const struct larder_put *put, const struct file_source *file,
                  const struct larder_source *source, struct larder_error *error);

/* ---- write.c: into a file ---- */
int write_file_from_store (struct transfer *transfer, struct item *item, struct larder_error *error);
int write_file_from_file (struct transfer *transfer, struct item *item, struct larder_error *error);

/* ---- versions.c: INVALID unless a version that was asked for is of one object that stays ---- */
int versions_check_request (const struct larder_transfer *request, struct larder_error *error);

/* ---- from-store.c, from-local.c: finding items ---- */
int from_store (struct transfer *transfer, const char *address, const struct larder_address *parsed, struct larder_error *error);
int from_local (struct transfer *transfer, const char *path, struct larder_error *error);
int from_stream (struct transfer *transfer, int fd, struct larder_error *error);

/* ---- shadow.c ---- */
/* INVALID when a file of this listing stands where `key` needs a folder. Keys come in byte order. */
int shadow_check (struct shadow **top, const char *key, struct larder_error *error);
/* The file that stands over `key`, or NULL; a file more. */
const char *shadow_over (struct shadow **top, const char *key);
int shadow_push (struct shadow **top, const char *key, struct larder_error *error);
void shadow_clear (struct shadow **top);

/* A page of a listing that can be acted on: drivers may lock during a listing. */
enum { PAGE_KEY_ROOM = 1026 };    /* of the longest key that a listing gives, which is a byte longer than any that can be written */
struct page { struct larder_info *at; size_t count; bool last; struct larder_arena *arena; struct store_sorted *sorted; };
int page_read (struct larder_store *store, const char *prefix, const char *after, struct page *page, struct larder_error *error);
/* After the last one, or none. */
void page_end (struct page *page);
#define CLEANUP_PAGE __attribute__ ((cleanup (page_end)))

/* An address that must be in a store, opened: close it. */
int transfer_store_address (struct transfer *transfer, const char *address, struct larder_address *ret, struct larder_store **ret_store,
                            struct larder_error *error);

/* ---- remove.c: removes a page of keys; each is told and counted ---- */
int remove_keys (struct transfer *transfer, struct larder_store *store, const struct larder_info *at, size_t count, struct larder_error *error);

/* Is there a key below path/? */
bool anything_below (struct larder_store *store, struct larder_arena *arena, const char *path);

/* Is `key` of that store the object that `to` is in the target, also by way of another backend? */
bool same_object (struct larder_store *store, struct larder_arena *arena, struct larder_store *from, const char *key, const char *to);

/* ---- stream.c: standard input ---- */
int stream_put (struct transfer *transfer, struct item *item, const struct larder_put *put, struct larder_error *error);
/* As a file without a name. */
int spool (struct transfer *transfer, int fd, int *ret_fd, struct larder_error *error);

#endif
