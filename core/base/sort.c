/* sort.c: see sort.h. Runs lie one after the other in one file; when there are many, they become one in a new file. */
#include "sort.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"

enum { RUNS_MOST = 64, BYTES_FIRST = 4096 };

/* Before each record; the key's length counts its NUL. */
struct lengths { uint32_t key, with; };

/* A sorted stretch of the file, and the window through which it is read. */
struct run {
	uint64_t at, end;             /* what is still to be read */
	char *window;
	size_t have, next;            /* bytes in it; where the current record begins */
};

struct sort {
	size_t memory;
	char *bytes;                  /* records that are not in a run yet; it grows up to `memory`, for most have few */
	size_t used, size;
	size_t *records;              /* where they begin in it */
	size_t count, room, given;
	FILE *file;                   /* NULL: nothing was too much so far */
	uint64_t written;
	struct run runs[RUNS_MOST];
	size_t run_count;
	struct run *heap[RUNS_MOST];  /* while merging: the run with the least key first */
	size_t heap_count;
	bool sorted, taken;           /* no more is added; the first of the heap was given */
};

static int
fail_file (struct larder_error *error)
{
	return larder_fail_errno (error, errno, "cannot sort through a temporary file");
}

static struct lengths
lengths_of (const char *record)
{
	struct lengths lengths;
	memcpy (&lengths, record, sizeof lengths);
	return lengths;
}

static const char *
key_of (const char *record)
{
	return record + sizeof (struct lengths);
}

static size_t
size_of (const char *record)
{
	struct lengths lengths = lengths_of (record);
	return sizeof lengths + lengths.key + lengths.with;
}

struct sort *
sort_new (size_t memory)
{
	struct sort *sort = calloc (1, sizeof *sort);
	if (!sort)
		return NULL;
	sort->memory = memory < 2 * SORT_RECORD_MOST ? 2 * SORT_RECORD_MOST : memory;
	return sort;
}

/* ---- merging ----------------------------------------------------------------------------------- */

static size_t
window_size (const struct sort *sort)
{
	size_t share = sort->memory / RUNS_MOST;
	return share < SORT_RECORD_MOST ? SORT_RECORD_MOST : share;
}

/* Is the record at `next` whole in the window? */
static bool
is_whole (const struct run *run)
{
	size_t left = run->have - run->next;
	return left >= sizeof (struct lengths) && left >= size_of (run->window + run->next);
}

/* 1 when there is a record at `next`, 0 at the run's end. */
static int
run_fill (struct sort *sort, struct run *run, struct larder_error *error)
{
	if (is_whole (run))
		return 1;
	run->have -= run->next;
	memmove (run->window, run->window + run->next, run->have);
	run->next = 0;
	size_t count = window_size (sort) - run->have;
	if (count > run->end - run->at)
		count = (size_t) (run->end - run->at);
	int64_t got = file_pread_all (fileno (sort->file), run->window + run->have, count, run->at);
	if (got < 0 || (size_t) got < count)
		return larder_fail_errno (error, got < 0 ? (int) -got : EIO, "cannot sort through a temporary file");
	run->at += count;
	run->have += count;
	return run->have > 0;
}

static const char *
run_key (const struct run *run)
{
	return key_of (run->window + run->next);
}

static void
sink (struct sort *sort, size_t at)
{
	for (;;) {
		size_t least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < sort->heap_count; child++)
			if (strcmp (run_key (sort->heap[child]), run_key (sort->heap[least])) < 0)
				least = child;
		if (least == at)
			return;
		struct run *turn = sort->heap[at];
		sort->heap[at] = sort->heap[least];
		sort->heap[least] = turn;
		at = least;
	}
}

static int
merge_begin (struct sort *sort, struct larder_error *error)
{
	if (fflush (sort->file) != 0)
		return fail_file (error);
	sort->heap_count = 0;
	sort->taken = false;
	for (size_t i = 0; i < sort->run_count; i++) {
		struct run *run = &sort->runs[i];
		if (!run->window && !(run->window = malloc (window_size (sort))))
			return larder_fail_memory (error);
		int code = run_fill (sort, run, error);
		if (code < 0)
			return code;
		sort->heap[sort->heap_count++] = run;
	}
	for (size_t i = sort->heap_count; i-- > 0;)
		sink (sort, i);
	return 0;
}

static int
merge_next (struct sort *sort, const char **ret_record, struct larder_error *error)
{
	if (sort->taken) {
		struct run *run = sort->heap[0];
		run->next += size_of (run->window + run->next);
		int code = run_fill (sort, run, error);
		if (code < 0)
			return code;
		if (code == 0)
			sort->heap[0] = sort->heap[--sort->heap_count];
		sink (sort, 0);
	}
	sort->taken = sort->heap_count > 0;
	if (sort->taken)
		*ret_record = sort->heap[0]->window + sort->heap[0]->next;
	return sort->taken;
}

/* ---- runs -------------------------------------------------------------------------------------- */

static int
by_key (const void *one, const void *other, void *bytes)
{
	return strcmp (key_of ((char *) bytes + *(const size_t *) one), key_of ((char *) bytes + *(const size_t *) other));
}

static void
sort_records (struct sort *sort)
{
	if (sort->count > 1)
		qsort_r (sort->records, sort->count, sizeof *sort->records, by_key, sort->bytes);
}

/* All runs become one. */
static int
join_runs (struct sort *sort, struct larder_error *error)
{
	FILE *file = NULL;
	const char *record = NULL;
	int code = file_temporary_stream (&file, error);
	if (code == 0)
		code = merge_begin (sort, error);
	while (code == 0 && (code = merge_next (sort, &record, error)) == 1)
		code = fwrite (record, size_of (record), 1, file) == 1 ? 0 : fail_file (error);
	if (code < 0) {
		if (file)
			(void) fclose (file);
		return code;
	}
	(void) fclose (sort->file);
	sort->file = file;
	sort->runs[0] = (struct run) { .end = sort->written, .window = sort->runs[0].window };
	sort->run_count = 1;
	return 0;
}

static int
write_run (struct sort *sort, struct larder_error *error)
{
	int code = sort->file ? 0 : file_temporary_stream (&sort->file, error);
	if (code == 0 && sort->run_count == RUNS_MOST)
		code = join_runs (sort, error);
	if (code < 0)
		return code;
	sort_records (sort);
	struct run *run = &sort->runs[sort->run_count];
	*run = (struct run) { .at = sort->written, .window = run->window };
	for (size_t i = 0; i < sort->count; i++) {
		const char *record = sort->bytes + sort->records[i];
		size_t size = size_of (record);
		if (fwrite (record, size, 1, sort->file) != 1)
			return fail_file (error);
		sort->written += size;
	}
	run->end = sort->written;
	sort->run_count++;
	sort->count = sort->used = 0;
	return 0;
}

static bool
grow_bytes (struct sort *sort, size_t need)
{
	size_t size = sort->size ? sort->size : BYTES_FIRST;
	while (size < need)
		size *= 2;
	size = size < sort->memory ? size : sort->memory;
	char *more = size == sort->size ? sort->bytes : realloc (sort->bytes, size);
	if (!more)
		return false;
	sort->bytes = more;
	sort->size = size;
	return true;
}

static bool
grow_records (struct sort *sort)
{
	if (sort->count < sort->room)
		return true;
	size_t room = sort->room ? 2 * sort->room : 64;
	size_t *more = realloc (sort->records, room * sizeof *more);
	if (!more)
		return false;
	sort->records = more;
	sort->room = room;
	return true;
}

static int
make_room (struct sort *sort, size_t size, struct larder_error *error)
{
	if (sort->used + size + sort->count * sizeof *sort->records > sort->memory) {
		int code = write_run (sort, error);
		if (code < 0)
			return code;
	}
	return grow_bytes (sort, sort->used + size) && grow_records (sort) ? 0 : larder_fail_memory (error);
}

int
sort_add (struct sort *sort, const char *key, const void *with, size_t count, struct larder_error *error)
{
	struct lengths lengths = { (uint32_t) strnlen (key, SORT_RECORD_MOST) + 1, (uint32_t) (count < SORT_RECORD_MOST ? count : SORT_RECORD_MOST) };
	size_t size = sizeof lengths + lengths.key + lengths.with;
	if (size > SORT_RECORD_MOST)
		return larder_fail (error, LARDER_E_LIMIT, "a name to be sorted is longer than %zu bytes", SORT_RECORD_MOST);
	int code = make_room (sort, size, error);
	if (code < 0)
		return code;
	char *record = sort->bytes + sort->used;
	memcpy (record, &lengths, sizeof lengths);
	memcpy (record + sizeof lengths, key, lengths.key);
	if (count > 0)
		memcpy (record + sizeof lengths + lengths.key, with, count);
	sort->records[sort->count++] = sort->used;
	sort->used += size;
	return 0;
}

/* ---- giving ------------------------------------------------------------------------------------ */

/* All lies in the file. */
static void
drop_records (struct sort *sort)
{
	free (sort->bytes);
	free (sort->records);
	sort->bytes = NULL;
	sort->records = NULL;
}

static int
end_adding (struct sort *sort, struct larder_error *error)
{
	sort->sorted = true;
	if (sort->file) {
		int code = sort->count > 0 ? write_run (sort, error) : 0;
		drop_records (sort);
		return code == 0 ? merge_begin (sort, error) : code;
	}
	sort_records (sort);
	return 0;
}

int
sort_next (struct sort *sort, const char **ret_key, const void **ret_with, size_t *ret_count, struct larder_error *error)
{
	const char *record = NULL;
	int code = sort->sorted ? 0 : end_adding (sort, error);
	if (code < 0)
		return code;
	if (sort->file)
		code = merge_next (sort, &record, error);
	else if ((code = sort->given < sort->count))
		record = sort->bytes + sort->records[sort->given++];
	if (code != 1)
		return code;
	struct lengths lengths = lengths_of (record);
	*ret_key = key_of (record);
	*ret_with = *ret_key + lengths.key;
	*ret_count = lengths.with;
	return 1;
}

void
sort_free (struct sort *sort)
{
	if (!sort)
		return;
	for (size_t i = 0; i < RUNS_MOST; i++)
		free (sort->runs[i].window);
	if (sort->file)
		(void) fclose (sort->file);
	drop_records (sort);
	free (sort);
}
