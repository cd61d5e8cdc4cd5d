/* model.c: random operations, and a model in memory that must agree at every step. */
#include "suite.h"

#include <inttypes.h>
#include <stdlib.h>

#define KEYS 48
#define MOST 400

#undef WANT
#undef WANT_CODE
#define WANT(condition, ...) do { if (!(condition)) { broken (model->suite, __VA_ARGS__); return; } } while (0)
#define WANT_CODE(got, wanted, what) WANT ((got) == (wanted), "%s: another code than %d", (what), (wanted))

struct cell { bool there; size_t length; char bytes[MOST]; char name[32]; };

struct model { struct suite *suite; uint64_t random; struct cell cells[KEYS]; };

static int
compare_cells (const void *a, const void *b)
{
	return strcmp (((const struct cell *) a)->name, ((const struct cell *) b)->name);
}

static void
begin (struct model *model)
{
	static const char *const folders[] = { "m/", "m/a", "m/a/", "m/a/b.c/", "m/\xc3\xa9/", "m/z//" };
	int count = model->suite->caps & LARDER_CAP_ANY_KEY ? 6 : 5;
	for (int i = 0; i < KEYS; i++)
		snprintf (model->cells[i].name, sizeof model->cells[i].name, "%s%d", folders[i % count], i / count);
	qsort (model->cells, KEYS, sizeof *model->cells, compare_cells);
}

static struct cell *
any (struct model *model)
{
	return &model->cells[next_random (&model->random) % KEYS];
}

static void
step_write (struct model *model)
{
	struct cell *cell = any (model);
	char bytes[MOST];
	size_t length = 1 + next_random (&model->random) % (MOST - 1);
	const struct larder_condition only = { .size = sizeof only, .create_only = true };
	bool conditional = (model->suite->caps & LARDER_CAP_CREATE_ONLY) && next_random (&model->random) % 4 == 0;
	fill_random (bytes, length, next_random (&model->random));
	int code = op_write (model->suite, cell->name, bytes, length, NULL, conditional ? &only : NULL, NULL);
	WANT_CODE (code, conditional && cell->there ? LARDER_E_CONFLICT : 0, "write");
	if (code != 0)
		return;
	cell->there = true;
	cell->length = length;
	memcpy (cell->bytes, bytes, length);
}

static void
step_read (struct model *model)
{
	const struct cell *cell = any (model);
	CLEANUP_BUFFER struct buffer got;
	buffer_init (&got, 4096);
	uint64_t offset = cell->there ? next_random (&model->random) % cell->length : 0, length = next_random (&model->random) % MOST;
	if (!(model->suite->caps & LARDER_CAP_RANGE)) {
		offset = 0;
		length = LARDER_TO_END;
	}
	int code = op_read (model->suite, cell->name, NULL, offset, length, NULL, &got, NULL);
	WANT_CODE (code, cell->there ? 0 : LARDER_E_NOTFOUND, "read");
	if (!cell->there)
		return;
	uint64_t left = cell->length - offset, want = length < left ? length : left;
	WANT (got.length == want && (want == 0 || memcmp (got.at, cell->bytes + offset, (size_t) want) == 0), "'%s' has other bytes than were written", cell->name);
}

static void
step_remove (struct model *model)
{
	struct cell *cell = any (model);
	WANT_CODE (op_remove (model->suite, cell->name, NULL, NULL), 0, "remove");
	cell->there = false;
}

static void
step_copy (struct model *model)
{
	struct cell *from = any (model), *to = any (model);
	if (!model->suite->driver->copy)
		return;
	int code = op_copy (model->suite, from->name, to->name, NULL, NULL, NULL);
	WANT_CODE (code, from->there ? 0 : LARDER_E_NOTFOUND, "copy");
	if (!from->there || from == to)
		return;
	to->there = true;
	to->length = from->length;
	memcpy (to->bytes, from->bytes, from->length);
}

static void
step_list (struct model *model)
{
	static const char *const prefixes[] = { "m/", "m/a", "m/a/", "m/z" };
	const char *prefix = prefixes[next_random (&model->random) % 4];
	size_t skip = strlen (model->suite->place), at = 0;
	bool same = true;
	struct seen seen;
	op_list (model->suite, prefix, NULL, NULL, 4 + (uint32_t) (next_random (&model->random) % 30), false, &seen);
	for (size_t i = 0; i < KEYS; i++) {
		const struct cell *cell = &model->cells[i];
		if (!cell->there || strncmp (cell->name, prefix, strlen (prefix)) != 0)
			continue;
		same = same && at < seen.count && strcmp (seen.at[at].key + skip, cell->name) == 0 && seen.at[at].length == cell->length;
		at++;
	}
	same = same && at == seen.count && seen.code == 0;
	seen_free (&seen);
	WANT (same, "the listing of '%s' is not what the model holds", prefix);
}

static void
keep_model (struct suite *suite)
{
	struct model *model = calloc (1, sizeof *model);
	if (!model)
		return;
	model->suite = suite;
	model->random = suite->seed;
	begin (model);
	for (uint64_t i = 0; i < suite->operations && !suite->why[0]; i++) {
		unsigned dice = (unsigned) (next_random (&model->random) % 100);
		(dice < 40 ? step_write : dice < 70 ? step_read : dice < 85 ? step_remove : dice < 95 ? step_copy : step_list) (model);
		if (suite->why[0]) {
			char why[sizeof suite->why];
			memcpy (why, suite->why, sizeof why);
			snprintf (suite->why, sizeof suite->why, "step %" PRIu64 " of --seed %" PRIu64 ": %.300s", i, suite->seed, why);
		}
	}
	free (model);
}

const struct promise model_promises[] = {
	{ "random operations agree with a model at every step", 0, 0, keep_model },
	{ NULL, 0, 0, NULL }
};
