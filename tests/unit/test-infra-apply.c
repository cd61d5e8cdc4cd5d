/* test-infra-apply.c: apply with resources of the test's own: what is told anew is written anew, what a service takes and does not keep is a failure, and one
 * that takes its time, or its removal in parts, is waited for. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "resource.h"
#include "unit.h"

/* A service with one resource of each type: a teller, whose principal is another each time it is made, and one who is told it. */
struct service {
	bool there;
	unsigned made, pending, updates, parts, removals;      /* parts: calls that its removal takes; 0: one */
	char how[16], locked[16], reader[32], seen[16];
	bool forgets, fails, saw_pending;                      /* saw_pending: told so at the last look */
	unsigned slow, hasty;                                  /* updates that it does not keep yet; removals while something was under way */
	unsigned busy_reads, busy_updates, busy_removals, asked;      /* how many from now on it has too much to do for */
};

static int
refuse_busy (struct service *service, unsigned *busy, struct larder_error *error)
{
	service->asked++;
	if (!*busy)
		return 0;
	--*busy;
	int code = larder_fail (error, LARDER_E_UNAVAILABLE, "too much to do");
	if (error)
		error->status = 503;
	return code;
}

static int
teller_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state, struct larder_error *error)
{
	struct service *service = self;
	char principal[32];
	(void) call, (void) resource;
	*ret_state = !service->there ? LARDER_RESOURCE_ABSENT : service->fails ? LARDER_RESOURCE_FAILED : service->pending ? LARDER_RESOURCE_PENDING : LARDER_RESOURCE_READY;
	service->saw_pending = *ret_state == LARDER_RESOURCE_PENDING;
	if (service->pending)
		service->pending--;
	if (*ret_state == LARDER_RESOURCE_ABSENT)
		return 0;
	snprintf (principal, sizeof principal, "made-%u", service->made);
	const struct larder_line told[] = { { sizeof *told, "how", service->how }, { sizeof *told, "locked", service->locked }, { sizeof *told, "principal", principal },
		{ sizeof *told, "seen", service->seen }, { sizeof *told, "state", "warming up" } };
	int code = 0;
	for (size_t n = 0; code == 0 && n < (*ret_state == LARDER_RESOURCE_PENDING ? 5 : 4); n++)
		code = line (context, &told[n], error);
	return code;
}

/* The value of the one line with that path. */
static void
take (const struct larder_resource *resource, const char *path, char *into, size_t room)
{
	struct larder_line line = { .size = sizeof line };
	resource->desired->rewind (resource->desired->context);
	while (resource->desired->next (resource->desired->context, &line, NULL) > 0)
		if (strcmp (line.path, path) == 0)
			snprintf (into, room, "%s", line.value);
}

static int
teller_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct service *service = self;
	(void) call, (void) error;
	char how[16];
	memcpy (how, service->how, sizeof how);
	take (resource, "how", service->how, sizeof service->how);
	take (resource, "seen", service->seen, sizeof service->seen);
	service->made += !service->there || strcmp (how, service->how) != 0;
	service->there = true;
	service->pending = 2;
	take (resource, "locked", service->locked, sizeof service->locked);
	return 0;
}

static int
teller_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct service *service = self;
	(void) call, (void) resource;
	if (refuse_busy (service, &service->busy_removals, error) < 0)
		return LARDER_E_UNAVAILABLE;
	service->removals++;
	service->hasty += service->saw_pending;
	service->pending = 1;
	service->there = service->removals < service->parts;
	return 0;
}

static int
told_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state, struct larder_error *error)
{
	struct service *service = self;
	const struct larder_line told = { sizeof told, "reader[a]", service->reader };
	(void) call, (void) resource;
	if (refuse_busy (service, &service->busy_reads, error) < 0)
		return LARDER_E_UNAVAILABLE;
	*ret_state = *service->reader ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	return *service->reader ? line (context, &told, error) : 0;
}

static int
told_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct service *service = self;
	(void) call;
	service->updates++;
	if (refuse_busy (service, &service->busy_updates, error) < 0)
		return LARDER_E_UNAVAILABLE;
	take (resource, "reader[a]", service->reader, sizeof service->reader);
	service->slow -= service->slow > 0;
	if (service->forgets || service->slow)
		snprintf (service->reader, sizeof service->reader, "somebody");
	return 0;
}

static const struct larder_path_rule teller_paths[] = {
	{ "how", LARDER_STRING, LARDER_PATH_TELLS, "by what way" }, { "locked", LARDER_STRING, LARDER_PATH_IMMUTABLE, "cannot be changed" },
	{ "principal", LARDER_STRING, LARDER_PATH_COMPUTED | LARDER_PATH_TELLS, "as whom" }, { "seen", LARDER_STRING, 0, "by how many" }, { "state", LARDER_STRING, LARDER_PATH_COMPUTED, "as the service calls it" }, { 0 }
};
static const struct larder_path_rule told_paths[] = { { "reader[*]", LARDER_STRING, 0, "who" }, { 0 } };
static const struct larder_resource_type types[] = {
	{ .name = "cdn", .paths = teller_paths, .path_stride = sizeof *teller_paths, .read = teller_read, .create = teller_create, .update = teller_create, .remove = teller_remove },
	{ .name = "access", .paths = told_paths, .path_stride = sizeof *told_paths, .read = told_read, .create = told_update, .update = told_update, .remove = teller_remove },
};

/* ---- a plan of both ---- */

struct bench {
	struct service service;
	struct larder_driver driver;
	struct module module;
	struct instance instance;
	struct resource at[2];
	size_t need;
	struct larder_infra infra;
};

static void
bench_resource (struct bench *bench, size_t n, const char *kind)
{
	struct resource *one = &bench->at[n];
	*one = (struct resource) {
		.kind = kind, .section = "a", .type = types[n].name, .identity = "a", .instance = &bench->instance, .means = &types[n], .arena = arena_new (), .seen = arena_new (), .wanted = arena_new (), .desires = true,
	};
	lines_begin (&one->desired, one->wanted);
	lines_begin (&one->observed, one->seen);
}

/* Looked at, as a plan does. */
static void
look (struct bench *bench)
{
	for (size_t n = 0; n < 2; n++)
		ck_assert_int_eq (resource_read (&bench->infra, &bench->at[n], NULL), 0);
	for (size_t n = 0; n < 2; n++) {
		ck_assert_int_eq (resource_resolve (&bench->infra, &bench->at[n], NULL), 0);
		ck_assert_int_eq (resource_compare (&bench->infra, &bench->at[n], NULL), 0);
	}
}

static void
bench_begin (struct bench *bench, const char *locked, uint32_t flags)
{
	const struct larder_settings settings = { .size = sizeof settings, .flags = LARDER_NO_CONFIG, .module_dir = "/nonexistent" };
	*bench = (struct bench) { .service = { .there = true, .made = 1, .how = "plain", .locked = "yes", .reader = "made-1", .seen = "one" } };
	bench->driver = (struct larder_driver) { .name = "test", .threads = LARDER_THREADS_PARALLEL };
	bench->module = (struct module) { .driver = &bench->driver, .head = (const struct larder_module *) &bench->driver };
	bench->instance = (struct instance) { .module = &bench->module, .self = &bench->service };
	ck_assert_int_eq (larder_open (&settings, &bench->infra.larder, NULL), 0);
	bench->infra = (struct larder_infra) { .larder = bench->infra.larder, .flags = flags, .arena = arena_new (), .at = bench->at, .count = 2, .wait = 60 * NS_PER_S };
	bench_resource (bench, 0, "cdn");
	bench_resource (bench, 1, "store");
	lines_add (&bench->at[0].desired, "how", "plain");
	lines_add (&bench->at[0].desired, "locked", locked);
	lines_add (&bench->at[0].desired, "seen", "one");
	lines_add_from (&bench->at[1].desired, "reader[a]", "cdn/a#principal");
	bench->at[1].needs = &bench->need;
	bench->at[1].need_count = 1;
	look (bench);
}

static void
bench_end (struct bench *bench)
{
	for (size_t n = 0; n < 2; n++) {
		arena_free (bench->at[n].arena);
		arena_free (bench->at[n].seen);
		arena_free (bench->at[n].wanted);
	}
	arena_free (bench->infra.arena);
	larder_close (bench->infra.larder);
}

START_TEST (nothing_to_do)
{
	struct bench bench;
	struct larder_infra_counts counts = { .size = sizeof counts };
	bench_begin (&bench, "yes", 0);
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, &counts, NULL), 0);
	ck_assert_uint_eq (counts.same, 2);
	ck_assert_uint_eq (bench.service.updates, 0);
	ck_assert_uint_eq (bench.service.asked, 1);      /* by the look; not again */
	ck_assert_uint_eq (bench.service.made, 1);
	bench_end (&bench);
}
END_TEST

/* Planned as the same, for what it is told was the same then. */
START_TEST (told_anew)
{
	struct bench bench;
	struct larder_infra_counts counts = { .size = sizeof counts };
	bench_begin (&bench, "no", LARDER_INFRA_REPLACE);
	ck_assert_uint_eq (bench.at[0].mark, LARDER_INFRA_REPLACED);
	ck_assert_uint_eq (bench.at[1].mark, LARDER_INFRA_UPDATE);        /* told anew by what is made anew */
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, &counts, NULL), 0);
	ck_assert_str_eq (bench.service.locked, "no");
	ck_assert_str_eq (bench.service.reader, "made-2");
	ck_assert_uint_eq (counts.replaced, 1);
	ck_assert_uint_eq (counts.updated, 1);
	ck_assert_uint_eq (bench.service.pending, 0);
	bench_end (&bench);
}
END_TEST

/* A change by which a teller tells another is planned where it is told, with what is not known yet: so many changes are made as were planned, and a change of
 * anything else is planned alone. */
static const struct { const char *how, *seen; size_t changed; } told_changes[] = { { "signed", "one", 2 }, { "plain", "many", 1 } };
START_TEST (planned_where_it_is_told)
{
	struct bench bench;
	struct larder_infra_counts planned = { .size = sizeof planned }, counts = { .size = sizeof counts };
	bench_begin (&bench, "yes", 0);
	snprintf (bench.service.how, sizeof bench.service.how, "%s", told_changes[_i].how);
	snprintf (bench.service.seen, sizeof bench.service.seen, "%s", told_changes[_i].seen);
	look (&bench);
	const struct resource *told = &bench.at[1];
	ck_assert_uint_eq (bench.at[0].mark, LARDER_INFRA_UPDATE);
	ck_assert_uint_eq (told->changes.count, told_changes[_i].changed - 1);
	if (told->changes.count) {
		ck_assert_uint_eq (told->changes.at[0].mark, LARDER_INFRA_UPDATE);
		ck_assert_str_eq (told->changes.at[0].was, "made-1");
		ck_assert_str_eq (told->changes.at[0].from, "cdn/a#principal");
		ck_assert_ptr_null (told->changes.at[0].will);
	}
	larder_infra_count (&bench.infra, &planned);
	ck_assert_uint_eq (planned.updated, told_changes[_i].changed);
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, &counts, NULL), 0);
	ck_assert_uint_eq (counts.updated, planned.updated);
	ck_assert_uint_eq (bench.service.updates, told_changes[_i].changed - 1);
	ck_assert_str_eq (bench.service.reader, told_changes[_i].changed == 2 ? "made-2" : "made-1");
	bench_end (&bench);
}
END_TEST

START_TEST (not_replaced)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (&bench, "no", LARDER_INFRA_REPLACE);
	bench.at[0].protect = true;
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, NULL, &error), LARDER_E_CONFLICT);
	ck_assert_ptr_nonnull (strstr (error.message, "protected"));
	ck_assert_uint_eq (bench.service.removals, 0);
	ck_assert_uint_eq (bench.service.made, 1);
	bench_end (&bench);
}
END_TEST

START_TEST (not_kept)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_infra_counts counts = { .size = sizeof counts };
	bench_begin (&bench, "yes", 0);
	snprintf (bench.service.reader, sizeof bench.service.reader, "somebody");
	bench.service.forgets = true;
	look (&bench);
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, &counts, &error), LARDER_E_INTEGRITY);
	ck_assert_ptr_nonnull (strstr (error.message, "reader[a]"));
	ck_assert_uint_eq (counts.failed, 1);
	ck_assert_uint_le (bench.service.updates, 4);
	bench_end (&bench);
}
END_TEST

static int
apply_busy (struct bench *bench, unsigned reads, unsigned updates, struct larder_infra_counts *counts, struct larder_error *error)
{
	bench_begin (bench, "yes", 0);
	snprintf (bench->service.reader, sizeof bench->service.reader, "somebody");
	look (bench);
	bench->service.busy_reads = reads;
	bench->service.busy_updates = updates;
	bench->service.asked = 0;
	return larder_infra_apply (&bench->infra, NULL, NULL, counts, error);
}

/* A service that has too much to do for a moment is asked again, what is there is read again, and it is done. */
START_TEST (busy)
{
	struct bench bench;
	struct larder_infra_counts counts = { .size = sizeof counts };
	ck_assert_int_eq (apply_busy (&bench, 1, 2, &counts, NULL), 0);
	ck_assert_str_eq (bench.service.reader, "made-1");
	ck_assert_uint_eq (counts.updated, 1);
	ck_assert_uint_eq (bench.service.updates, 3);
	bench_end (&bench);
}
END_TEST

/* What it had too much to do for takes nothing from the times that it may need to become what it is to be. */
START_TEST (busy_and_slow)
{
	struct bench bench;
	struct larder_infra_counts counts = { .size = sizeof counts };
	bench_begin (&bench, "yes", 0);
	snprintf (bench.service.reader, sizeof bench.service.reader, "somebody");
	look (&bench);
	bench.service.busy_updates = 1;
	bench.service.slow = 4;
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, &counts, NULL), 0);
	ck_assert_str_eq (bench.service.reader, "made-1");
	ck_assert_uint_eq (bench.service.updates, 5);
	bench_end (&bench);
}
END_TEST

/* For good, it is asked a few times and no more. */
START_TEST (busy_for_good)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_infra_counts counts = { .size = sizeof counts };
	ck_assert_int_eq (apply_busy (&bench, 1000, 0, &counts, &error), LARDER_E_UNAVAILABLE);
	ck_assert_str_eq (error.message, "too much to do");
	ck_assert_uint_eq (bench.service.asked, 4);
	ck_assert_uint_eq (bench.service.updates, 0);
	bench_end (&bench);
}
END_TEST

/* The teller alone goes; what is to be removed has been looked at before. */
static int
destroy (struct bench *bench, unsigned parts, unsigned too_busy, struct larder_infra_counts *counts, struct larder_error *error)
{
	bench_begin (bench, "yes", 0);
	bench->service.parts = parts;
	bench->service.busy_removals = too_busy;
	bench->infra.flags = LARDER_INFRA_DESTROY;
	look (bench);
	bench->at[1].mark = LARDER_INFRA_SAME;
	return larder_infra_apply (&bench->infra, NULL, NULL, counts, error);
}

START_TEST (removed_in_parts)
{
	struct bench bench;
	struct larder_infra_counts counts = { .size = sizeof counts };
	ck_assert_int_eq (destroy (&bench, 4, 0, &counts, NULL), 0);
	ck_assert_uint_eq (bench.service.removals, 4);
	ck_assert_uint_eq (bench.service.hasty, 0);
	ck_assert (!bench.service.there);
	ck_assert_uint_eq (counts.removed, 1);
	bench_end (&bench);
}
END_TEST

START_TEST (busy_and_removed_in_parts)
{
	struct bench bench;
	struct larder_infra_counts counts = { .size = sizeof counts };
	ck_assert_int_eq (destroy (&bench, 4, 1, &counts, NULL), 0);
	ck_assert_uint_eq (bench.service.removals, 4);
	ck_assert (!bench.service.there);
	bench_end (&bench);
}
END_TEST

START_TEST (cancelled_before_a_removal)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (&bench, "yes", 0);
	bench.infra.flags = LARDER_INFRA_DESTROY;
	look (&bench);
	larder_cancel (bench.infra.larder);
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, NULL, &error), LARDER_E_CANCELLED);
	ck_assert_uint_eq (bench.service.removals, 0);
	bench_end (&bench);
}
END_TEST

/* What is gone already is not counted, whatever becomes of what comes before it. */
START_TEST (gone_behind_one_that_stays)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_infra_counts counts = { .size = sizeof counts };
	bench_begin (&bench, "yes", 0);
	bench.infra.flags = LARDER_INFRA_DESTROY;
	bench.service.there = false;
	bench.at[1].protect = true;
	look (&bench);
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, &counts, &error), LARDER_E_CONFLICT);
	ck_assert_ptr_nonnull (strstr (error.message, "protected"));
	ck_assert_uint_eq (counts.left, 1);
	ck_assert_uint_eq (counts.same + counts.failed + counts.skipped + counts.removed, 0);
	ck_assert_uint_eq (bench.service.removals, 0);
	bench_end (&bench);
}
END_TEST

START_TEST (not_removed)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_infra_counts counts = { .size = sizeof counts };
	ck_assert_int_eq (destroy (&bench, 5, 0, &counts, &error), LARDER_E_NOTREADY);
	ck_assert_ptr_nonnull (strstr (error.message, "still there"));
	ck_assert_uint_eq (bench.service.removals, 4);
	ck_assert_uint_eq (counts.failed, 1);
	ck_assert_uint_eq (counts.removed, 0);
	bench_end (&bench);
}
END_TEST

/* What is waited for, as it is told. */
struct heard { unsigned times, done; char why[40]; int64_t waited, before, most; };

static void
hear (void *context, const struct larder_infra_event *event)
{
	struct heard *heard = context;
	heard->done += event->step == LARDER_INFRA_DONE;
	if (event->step != LARDER_INFRA_WAITING)
		return;
	ck_assert_int_eq (event->before, heard->times ? heard->waited : -1);
	ck_assert_int_ge (event->waited, event->before);
	heard->times++;
	heard->waited = event->waited;
	heard->most = event->most;
	snprintf (heard->why, sizeof heard->why, "%s", event->change.why ? event->change.why : "");
}

/* As it is to be, and not ready yet: what a run before this one began, whose time was up. */
START_TEST (same_and_under_way)
{
	struct bench bench;
	struct larder_infra_counts counts = { .size = sizeof counts };
	struct heard heard = { .times = 0 };
	bench_begin (&bench, "yes", 0);
	bench.service.pending = 3;
	look (&bench);
	ck_assert_uint_eq (bench.at[0].mark, LARDER_INFRA_SAME);
	ck_assert_str_eq (infra_whole (&bench.at[0]).why, "warming up");
	ck_assert_int_eq (larder_infra_apply (&bench.infra, hear, &heard, &counts, NULL), 0);
	ck_assert_uint_eq (heard.times, 2);
	ck_assert_str_eq (heard.why, "warming up");
	ck_assert_int_eq (heard.most, 60 * NS_PER_S);
	ck_assert_int_ge (heard.waited, NS_PER_S / 10);
	ck_assert_int_eq (bench.at[0].waiting.pause, 4 * (NS_PER_S / 10));      /* each pause is longer than the one before it */
	ck_assert_uint_eq (heard.done, 0);
	ck_assert_uint_eq (bench.service.made, 1);
	ck_assert_uint_eq (counts.same, 2);
	bench_end (&bench);
}
END_TEST

START_TEST (time_is_up)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_infra_counts counts = { .size = sizeof counts };
	struct heard heard = { .times = 0 };
	bench_begin (&bench, "yes", 0);
	bench.infra.wait = NS_PER_S / 20;
	bench.service.pending = 1000;
	look (&bench);
	ck_assert_int_eq (larder_infra_apply (&bench.infra, hear, &heard, &counts, &error), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (error.message, "warming up"));
	ck_assert_uint_eq (heard.times, 1);
	ck_assert_uint_eq (counts.failed, 1);
	ck_assert_uint_eq (counts.same, 1);      /* nothing was to be done with what is behind it */
	bench_end (&bench);
}
END_TEST

/* The last pause is as long as what is left of the time, and no shorter: then the service would be asked again and again. */
START_TEST (time_is_up_within_a_pause)
{
	struct bench bench;
	struct heard heard = { .times = 0 };
	bench_begin (&bench, "yes", 0);
	bench.infra.wait = NS_PER_S / 20;
	bench.service.pending = 1000000;
	look (&bench);
	int64_t began = clock_boot ();
	bench.at[0].waiting = (struct waiting) { .began = began, .told = -1, .pause = 30 * NS_PER_S };
	ck_assert_int_eq (larder_infra_apply (&bench.infra, hear, &heard, NULL, NULL), LARDER_E_UNAVAILABLE);
	ck_assert_int_lt (clock_boot () - began, 20 * NS_PER_S);
	ck_assert_uint_le (heard.times, 1);
	bench_end (&bench);
}
END_TEST

/* What the service gave up is not waited for. */
START_TEST (failed_at_the_service)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct heard heard = { .times = 0 };
	bench_begin (&bench, "yes", 0);
	bench.service.there = false;
	look (&bench);
	bench.service.fails = true;
	ck_assert_int_eq (larder_infra_apply (&bench.infra, hear, &heard, NULL, &error), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (error.message, "failed"));
	ck_assert_uint_eq (heard.times, 0);
	ck_assert_uint_eq (bench.service.made, 2);
	bench_end (&bench);
}
END_TEST

START_TEST (cancelled_while_it_takes_its_time)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (&bench, "yes", 0);
	bench.service.there = false;
	look (&bench);
	bench.service.pending = 0;
	larder_cancel (bench.infra.larder);
	ck_assert_int_eq (larder_infra_apply (&bench.infra, NULL, NULL, NULL, &error), LARDER_E_CANCELLED);
	ck_assert_uint_eq (bench.service.made, 1);
	bench_end (&bench);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-infra-apply-nothing-to-do", nothing_to_do, 0 },
		{ "test-infra-apply-told-anew", told_anew, 0 },
		{ "test-infra-apply-planned-where-told", planned_where_it_is_told, COUNT_OF (told_changes) },
		{ "test-infra-apply-not-replaced", not_replaced, 0 },
		{ "test-infra-apply-not-kept", not_kept, 0 },
		{ "test-infra-apply-busy", busy, 0 },
		{ "test-infra-apply-busy-and-slow", busy_and_slow, 0 },
		{ "test-infra-apply-busy-for-good", busy_for_good, 0 },
		{ "test-infra-apply-removed-in-parts", removed_in_parts, 0 },
		{ "test-infra-apply-busy-and-removed-in-parts", busy_and_removed_in_parts, 0 },
		{ "test-infra-apply-cancelled-before-a-removal", cancelled_before_a_removal, 0 },
		{ "test-infra-apply-gone-behind-one-that-stays", gone_behind_one_that_stays, 0 },
		{ "test-infra-apply-not-removed", not_removed, 0 },
		{ "test-infra-apply-same-and-under-way", same_and_under_way, 0 },
		{ "test-infra-apply-time-is-up", time_is_up, 0 },
		{ "test-infra-apply-time-is-up-within-a-pause", time_is_up_within_a_pause, 0 },
		{ "test-infra-apply-failed-at-the-service", failed_at_the_service, 0 },
		{ "test-infra-apply-cancelled", cancelled_while_it_takes_its_time, 0 },
	};
	return unit_run ("test-infra-apply", cases, COUNT_OF (cases));
}
