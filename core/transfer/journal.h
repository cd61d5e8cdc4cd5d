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
	char name[80];
	/* as it was found; NULL, 0: nothing */
	char *id;                     /* upload id; name of the private file */
	char *pin;                    /* what the source was */
	uint64_t part;                /* bytes of a piece */
	struct journal_piece *pieces;
	size_t count;
};
#define JOURNAL_NONE { .folder = -1, .fd = -1 }

/* What is transferred: `kind` is "upload" or "download". `address` is the driver's own of the object, `path` the file's from the
 * root on, percent-encoded; `from` and `to` are as on the command line. `planned`: it has the conditions of a plan. `metadata`: of the object to be. */
struct journal_what { const char *kind, *address, *from, *to, *path; const struct larder_transfer *request; bool planned; struct larder_pairs metadata; };

struct transfer;
struct item;
/* The object `key` of the transfer's store (upload) or of the item's (download), and the file `path`; texts in the item's arena. */
int journal_what_of (struct transfer *transfer, const char *kind, struct item *item, const char *key, const char *path, struct journal_what *ret);

/* Opens and locks; reads what is there. Without a state folder that can be written, or while another process holds it, there is
 * none, and the transfer goes on without. */
void journal_open (struct journal *journal, const char *state, const struct journal_what *what);
/* A new beginning; what was found is forgotten. Durable when it returns 0. */
int journal_begin (struct journal *journal, const struct journal_what *what, const char *id, const char *pin, uint64_t part, struct larder_error *error);
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
/* The first line of a journal, whole and of this version, as its members; NULL when it is none. For json_decref. */
json_t *journal_head (int folder, const char *name);
/* Its folder below `state`; not made: -1. */
int journal_folder (const char *state);

/* The checksum of a piece that was found done; false when it was not. */
bool journal_has (const struct journal *journal, uint32_t number, uint64_t *ret_sum);

#endif
