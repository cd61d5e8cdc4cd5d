/* parts.h: one large object in pieces, done by all threads that have nothing else to do. */
#ifndef LARDER_TRANSFER_PARTS_H
#define LARDER_TRANSFER_PARTS_H

#include "transfer.h"

enum { PARTS_MOST = 10000 };
/* From here on an object is moved in pieces. */
#define PARTS_FROM (UINT64_C (16) << 20)
/* And from here on its buffers count. */
#define MEDIUM_FROM (UINT64_C (64) << 10)

/* Pieces 1 … count; all but the last have `part` bytes. */
struct plan { uint64_t length, part; uint32_t count; };

/* Exactly `length` bytes in at most 10,000 parts of at most 5 GiB: LIMIT beyond 48.8 TiB. */
int plan_parts (uint64_t length, struct plan *ret, struct larder_error *error);
uint64_t plan_offset (const struct plan *plan, uint32_t number);
uint64_t plan_length (const struct plan *plan, uint32_t number);
/* Parts of a stream whose end nobody knows: the first `steady` have `part` bytes each, then they grow, twice as large every 80. */
struct stream_plan { uint64_t part; uint32_t steady; };
/* For about `expected` bytes, in 9,000 of the 10,000 parts, the others for what comes on top; LIMIT beyond 48.8 TiB. For 0, nobody knows, they grow from
 * the beginning, none to more than an eightieth of what came before and 8 MiB, so that 10,000 hold 50 TB. */
int plan_stream (uint64_t expected, struct stream_plan *ret, struct larder_error *error);
uint64_t plan_stream_part (const struct stream_plan *plan, uint32_t number);

/* All pieces of one object. `one` does piece `number`, on any thread; the first failure ends the rest. */
struct pieces {
	struct share share;
	struct transfer *transfer;
	struct plan plan;
	int (*one) (struct pieces *pieces, uint32_t number, struct larder_error *error);
	pthread_mutex_t mutex;        /* of what follows, and for `one` */
	uint32_t begun;
	const bool *done;             /* by number - 1: pieces that an earlier run has done; or NULL */
	int code;
	struct larder_error *error;   /* of the caller */
};

/* Parts that a store has taken. Not thread-safe; texts live in the arena. */
struct larder_part;
struct larder_upload;
struct parts_list { struct larder_part *at; size_t count, room; struct larder_arena *arena; };
int parts_list_add (struct parts_list *list, const struct larder_part *part, struct larder_error *error);
/* The object from all of them, with the checksum of the whole where the store told those of the parts. */
int parts_list_finish (struct parts_list *list, struct larder_store *store, struct larder_arena *arena, const struct larder_put *put,
                       const struct larder_upload *upload, uint64_t length, struct larder_info *ret_info, struct larder_error *error);
void parts_list_free (struct parts_list *list);

int pieces_do (struct pieces *pieces, struct larder_error *error);

#endif
