/* test-cache-face: models by the public C face alone, as a program that is no Python asks for them: filled, there, listed,
 * pinned, damaged and repaired, evicted, pulled; and what is no model. On the mock, under the lock provider `file`. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <larder/larder.h>
#include <larder/models.h>

#include "home.h"
#include "unit.h"

enum { LENGTH = 3 << 20 };
static const char pipeline[] = "[store \"models\"]\nbackend = objects\nbucket = models\n[cache \"models\"]\nsource = models\nlock = models\nhold = 0\n";
static const char profile[] = "[backend \"objects\"]\ndriver = localfs-mock\nroot = store\ncreate = yes\nfsync = no\n"
                              "[lock \"models\"]\ndriver = file\nroot = locks\n[cache \"models\"]\nroot = models\n";

struct place { struct home home; struct larder_arena *arena; char events[2048]; };

static char *
pattern (void)
{
	char *bytes = malloc (LENGTH);
	ck_assert_ptr_nonnull (bytes);
	for (size_t i = 0; i < LENGTH; i++)
		bytes[i] = (char) (i * 7919 >> 5);
	return bytes;
}

static void
put_model (const struct place *place, const char *to)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_summary summary = { .size = sizeof summary };
	const char *const from[] = { "weights" };
	const struct larder_transfer request = { .size = sizeof request, .from = from, .count = 1, .to = to };
	ck_assert_msg (larder_transfer (place->home.larder, &request, NULL, NULL, &summary, &error) == 0, "%s", error.message);
}

static void
begin (struct place *place)
{
	char *bytes = pattern ();
	*place = (struct place) { .arena = larder_arena_new () };
	home_begin (&place->home, pipeline, profile, NULL);
	home_write ("weights", bytes, LENGTH);
	free (bytes);
	put_model (place, "models:sdxl/base.safetensors");
}

static void
end (struct place *place)
{
	larder_arena_free (place->arena);
	home_end (&place->home);
}

static int
note (void *context, const struct larder_event *event)
{
	struct place *place = context;
	size_t length = strlen (place->events);
	if (strcmp (event->action, "progress") != 0)
		snprintf (place->events + length, sizeof place->events - length, "%s ", event->action);
	return 0;
}

static int
load (struct place *place, const char *name, uint32_t flags, struct larder_model *ret, struct larder_error *error)
{
	const struct larder_model_load request = {
		.size = sizeof request, .flags = flags, .model = { .size = sizeof request.model, .base = "sdxl", .name = name }, .wait = LARDER_NO_TIME,
	};
	*ret = (struct larder_model) { .size = sizeof *ret };
	place->events[0] = '\0';
	return larder_model_load (place->home.larder, place->arena, &request, note, place, ret, error);
}

static void
expect_whole (const char *path)
{
	char *want = pattern (), *got = malloc (LENGTH + 1);
	FILE *in = fopen (path, "r");
	ck_assert_ptr_nonnull (in);
	ck_assert_uint_eq (fread (got, 1, LENGTH + 1, in), LENGTH);
	ck_assert_int_eq (memcmp (got, want, LENGTH), 0);
	fclose (in);
	free (want);
	free (got);
}

START_TEST (filled_and_there)
{
	struct place place;
	struct larder_model model;
	struct larder_error error = LARDER_ERROR_INIT;
	begin (&place);
	ck_assert_msg (load (&place, "base", 0, &model, &error) == 0, "%s", error.message);
	ck_assert_uint_eq (model.how, LARDER_MODEL_FILLED);
	ck_assert_uint_eq (model.length, LENGTH);
	ck_assert_uint_eq (model.files, 1);
	ck_assert_str_eq (model.key, "sdxl/base.safetensors");
	ck_assert_ptr_nonnull (model.checksum);
	expect_whole (model.path);
	ck_assert_int_eq (rename ("store", "away"), 0);          /* nobody is asked from here on */
	ck_assert_int_eq (load (&place, "base", 0, &model, &error), 0);
	ck_assert_uint_eq (model.how, LARDER_MODEL_HIT);
	expect_whole (model.path);
	ck_assert_int_eq (rename ("away", "store"), 0);
	end (&place);
}
END_TEST

START_TEST (another_by_now)
{
	struct place place;
	struct larder_model first, second;
	struct larder_error error = LARDER_ERROR_INIT;
	begin (&place);
	ck_assert_int_eq (load (&place, "base", 0, &first, &error), 0);
	home_text ("weights", "other");
	put_model (&place, "models:sdxl/base.safetensors");
	ck_assert_int_eq (load (&place, "base", 0, &second, &error), 0);
	ck_assert_uint_eq (second.length, LENGTH);
	int old = open (first.path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq (load (&place, "base", LARDER_MODEL_REVALIDATE, &second, &error), 0);
	ck_assert_uint_eq (second.how, LARDER_MODEL_FILLED);
	ck_assert_uint_eq (second.length, 5);
	ck_assert_uint_gt (second.generation, first.generation);
	struct stat facts;
	ck_assert_int_eq (fstat (old, &facts), 0);               /* who reads the old one goes on */
	ck_assert_int_eq (facts.st_size, LENGTH);
	close (old);
	end (&place);
}
END_TEST

static int
count_whole (void *context, const struct larder_model *model)
{
	if (model->state == LARDER_MODEL_WHOLE && model->current)
		*(unsigned *) context += model->pinned ? 100 : 1;
	return 0;
}

static unsigned
listed (const struct place *place)
{
	struct larder_error error = LARDER_ERROR_INIT;
	unsigned count = 0;
	ck_assert_int_eq (larder_model_each (place->home.larder, NULL, count_whole, &count, &error), 0);
	return count;
}

static int
evict (struct place *place, const struct larder_model_name *name, struct larder_summary *summary, struct larder_error *error)
{
	const struct larder_model_evict request = { .size = sizeof request, .models = name, .count = 1, .stride = sizeof *name };
	*summary = (struct larder_summary) { .size = sizeof *summary };
	place->events[0] = '\0';
	return larder_model_evict (place->home.larder, &request, note, place, summary, error);
}

START_TEST (pinned_and_evicted)
{
	struct place place;
	struct larder_model model;
	struct larder_summary summary;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_model_name name = { .size = sizeof name, .base = "sdxl", .name = "base" }, none = { .size = sizeof none, .base = "sdxl", .name = "none" };
	begin (&place);
	ck_assert_int_eq (load (&place, "base", 0, &model, &error), 0);
	ck_assert_uint_eq (listed (&place), 1);
	ck_assert_int_eq (larder_model_pin (place.home.larder, &name, true, &error), 0);
	ck_assert_uint_eq (listed (&place), 100);
	ck_assert_int_eq (evict (&place, &name, &summary, &error), LARDER_E_CONFLICT);
	ck_assert_uint_eq (listed (&place), 100);
	ck_assert_int_eq (larder_model_pin (place.home.larder, &name, false, &error), 0);
	ck_assert_int_eq (larder_model_pin (place.home.larder, &none, true, &error), LARDER_E_NOTFOUND);
	ck_assert_msg (evict (&place, &name, &summary, &error) == 0, "%s", error.message);
	ck_assert_str_eq (place.events, "removed ");
	ck_assert_uint_eq (listed (&place), 0);
	ck_assert_int_eq (access (model.path, F_OK), -1);
	end (&place);
}
END_TEST

START_TEST (damaged_and_repaired)
{
	struct place place;
	struct larder_model model;
	struct larder_summary summary = { .size = sizeof summary };
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_model_name name = { .size = sizeof name, .base = "sdxl", .name = "base" };
	begin (&place);
	ck_assert_int_eq (load (&place, "base", 0, &model, &error), 0);
	ck_assert_int_eq (chmod (model.path, 0644), 0);
	int file = open (model.path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq (pwrite (file, "damage", 6, 1 << 20), 6);
	close (file);
	ck_assert_int_eq (larder_model_verify (place.home.larder, &name, 0, note, &place, &summary, &error), LARDER_E_INTEGRITY);
	ck_assert_int_eq (larder_model_verify (place.home.larder, &name, LARDER_MODEL_REPAIR, note, &place, &summary, &error), 0);
	ck_assert_int_eq (load (&place, "base", 0, &model, &error), 0);
	expect_whole (model.path);
	end (&place);
}
END_TEST

START_TEST (pulled)
{
	struct place place;
	struct larder_summary summary = { .size = sizeof summary };
	struct larder_error error = LARDER_ERROR_INIT;
	const char *const prefixes[] = { "sdxl/" };
	const struct larder_model_pull request = { .size = sizeof request, .prefixes = prefixes, .count = 1 };
	begin (&place);
	put_model (&place, "models:sdxl/refiner.safetensors");
	put_model (&place, "models:flux/dev.safetensors");
	ck_assert_msg (larder_model_pull (place.home.larder, &request, note, &place, &summary, &error) == 0, "%s", error.message);
	ck_assert_uint_eq (summary.done, 2);
	ck_assert_uint_eq (listed (&place), 2);
	summary = (struct larder_summary) { .size = sizeof summary };
	ck_assert_int_eq (larder_model_pull (place.home.larder, &request, note, &place, &summary, &error), 0);
	ck_assert_uint_eq (summary.skipped, 2);
	end (&place);
}
END_TEST

START_TEST (no_model)
{
	struct place place;
	struct larder_model model;
	struct larder_error error = LARDER_ERROR_INIT;
	begin (&place);
	ck_assert_int_eq (load (&place, "none", 0, &model, &error), LARDER_E_NOTFOUND);
	ck_assert_msg (strstr (error.message, "sdxl/none.safetensors"), "%s", error.message);
	ck_assert_int_eq (load (&place, "../../../etc/passwd", 0, &model, &error), LARDER_E_INVALID);
	ck_assert_uint_eq (listed (&place), 0);
	end (&place);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-cache-face-filled-and-there", filled_and_there, 0 },
		{ "test-cache-face-another-by-now", another_by_now, 0 },
		{ "test-cache-face-pinned-and-evicted", pinned_and_evicted, 0 },
		{ "test-cache-face-damaged-and-repaired", damaged_and_repaired, 0 },
		{ "test-cache-face-pulled", pulled, 0 },
		{ "test-cache-face-no-model", no_model, 0 },
	};
	return unit_run ("cache-face", cases, COUNT_OF (cases));
}
