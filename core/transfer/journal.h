/* journal.h: how far a large transfer has come, so that the next run goes on where this one ended, however it ended.
 *
 * One file a transfer in STATE/transfers, named by what goes where, held locked while it runs. Each line is JSON, a blank and
 * its CRC32C as 8 hexadecimal digits; reading ends at the first line that does not fit, so a torn end costs the last records
 * alone, and a torn beginning all of it. doc/dev/transfer.md describes the lines. */
#ifndef LARDER_TRANSFER_JOURNAL_H
#define LARDER_TRANSFER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include <larder/larder.h>

/* A piece that is done, and the checksum of its bytes. */
struct journal_piece { uint32_t number; uint64_t sum; };

struct journal {
	int folder, fd;               /* -1: none is kept */
	bool beside;                  /* another process has the one of this name: what is begun is known by one beside it, and not gone on with */
	char name[80];
	/* as it was found; NULL, 0: nothing */
	char *id;                     /* upload id; name of the private file */
	char *pin;                    /* what the source was */
	uint64_t part;                /* bytes of a piece */
	struct journal_piece *pieces;
	size_t count;
};
#define JOURNAL_NONE { .folder = -1, .fd = -1 }

/* What is transferred: `kind` is "upload", "download", "copy" (from store to store) or "stream" (from standard input). `address` is the
 * driver's own of the object (of a copy: of the one to be), `path` the file's from the root on, percent-encoded (of a copy: the driver's own
 * address of the source; of a stream: "-"); `from` and `to` are as on the command line. `planned`: it has the conditions of a plan. `metadata`: of the object to be. */
struct journal_what { const char *kind, *address, *from, *to, *path; const struct larder_transfer *request; bool planned; struct larder_pairs metadata; };

struct transfer;
struct item;
/* The driver's own address of an object, else ours; NULL: no memory. */
const char *journal_address (struct larder_store *store, struct larder_arena *arena, const char *key);
/* The object `key` of the transfer's store (upload) or of the item's (download), and the file `path`; texts in the item's arena. */
int journal_what_of (const struct transfer *transfer, const char *kind, struct item *item, const char *key, const char *path, struct journal_what *ret);
/* Standard input into the object `key`; an item of a store, into its target. */
int journal_what_stream (const struct transfer *transfer, struct item *item, const char *key, struct journal_what *ret);
int journal_what_copy (const struct transfer *transfer, struct item *item, struct journal_what *ret);

/* Opens and locks; reads what is there. What cannot be gone on with, but tells of something that may be open, is set aside. Without a state folder that can be written there is
 * none, and the transfer goes on without. While another process holds it there is none either, until journal_begin makes one beside it. */
void journal_open (struct journal *journal, const char *state, const struct journal_what *what);
/* A new beginning; what was found is forgotten. Durable when it returns 0. Without an id (NULL) a store is about to be asked for one:
 * journal_answered tells it. */
int journal_begin (struct journal *journal, const struct journal_what *what, const char *id, const char *pin, uint64_t part, struct larder_error *error);
/* The id of the upload that was asked for; durable. `uncertain`: an earlier asking may have been carried out, whose answer was lost: that it
 * may be open stays known, in a journal of its own. */
int journal_answered (struct journal *journal, const char *id, bool uncertain, struct larder_error *error);
/* What was found stays, under another name, for 'larder transfer ls' and gc; this one begins anew. */
void journal_set_aside (struct journal *journal);
/* Piece `number` is done. Not durable by itself: a lost record costs that piece alone. */
int journal_add (struct journal *journal, uint32_t number, uint64_t sum, struct larder_error *error);
/* Is a transfer that ended with `code` to be gone on with: cancelled, or the service no longer answers? Then what the journal tells
 * of must stay. */
bool journal_keeps (const struct journal *journal, int code);
/* The transfer ended: the journal stays or goes, and an error that it stays after says so. */
void journal_end (struct journal *journal, int code, struct larder_error *error);
/* Nothing is left to go on with. */
void journal_remove (struct journal *journal);
void journal_close (struct journal *journal);
/* The first line of a journal as its members, with the `id` that was answered; NULL when there is none, or, with a problem, when it cannot be
 * read: what hangs on it is not known. For json_decref. */
json_t *journal_look (int folder, const char *name, const char **ret_problem);
/* Its folder below `state`; not made: -1. */
int journal_folder (const char *state);

/* The checksum of a piece that was found done; false when it was not. */
bool journal_has (const struct journal *journal, uint32_t number, uint64_t *ret_sum);

#endif
