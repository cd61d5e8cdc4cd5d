/* plan.h: what a sync would do, in a file, and read from it again. doc/dev/transfer.md describes the lines. Neither way does
 * memory grow with their number. */
#ifndef LARDER_TRANSFER_PLAN_H
#define LARDER_TRANSFER_PLAN_H

#include "transfer.h"

#define PLAN_FORMAT "larder-sync"
enum { PLAN_VERSION = 1, PLAN_LINE_MOST = 128 << 10 };

/* What it was made of. `*_address`: the driver's own of a store, or the path from the root on, percent-encoded. */
struct plan_head { const char *profile, *from, *to, *from_address, *to_address, *flags; bool keep_times; };

/* One operation; a removal has no `from`. */
struct plan_step { bool removal; const char *key; struct expected expected; };

/* The address of one side: the driver's own of the key '-' below `key`, which is a prefix or ""; or of a local path. */
int plan_address (struct larder_store *store, const char *key, struct larder_arena *arena, const char **ret, struct larder_error *error);

/* ---- plan-write.c ---- */
struct plan;
/* Private until plan_publish. */
int plan_new (struct plan **ret, const char *path, const struct plan_head *head, struct larder_error *error);
/* What fails is kept, for plan_publish to tell. The key is the item's target below `to`. */
void plan_copy (struct plan *plan, const struct item *item);
void plan_remove (struct plan *plan, const char *key, const struct seen *seen);
/* The last line, and the name. */
int plan_publish (struct plan *plan, const struct larder_summary *sum, struct larder_error *error);
void plan_free (struct plan *plan);         /* NULL allowed; one not published is nowhere */

/* ---- plan-read.c ---- */
struct plan_reader;
/* Reads all of it and compares it with its checksum; then stands before the first operation. Texts of the head in the arena. */
int plan_open (struct plan_reader **ret, const char *path, struct larder_arena *arena, struct plan_head *ret_head, struct larder_error *error);
/* 1 and the next one, whose texts live until the one after; 0 at the end. INTEGRITY when somebody wrote to the file meanwhile. */
int plan_next (struct plan_reader *reader, struct plan_step *ret, struct larder_error *error);
void plan_close (struct plan_reader *reader);

#endif
