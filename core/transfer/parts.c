/* parts.c: see parts.h. */
#include "parts.h"

#include "error.h"
#include "store.h"

enum { AT_ONCE = 8, STREAM_STEP = 80, STREAM_STEADY = 9000 };
#define MIB (UINT64_C (1) << 20)
#define PART_LEAST (8 * MIB)
#define PART_MOST (5120 * MIB)

static int
check_length (uint64_t length, struct larder_error *error)
{
	return length <= PARTS_MOST * PART_MOST ? 0 : larder_fail_next (error, LARDER_E_LIMIT, "divide it into several objects",
		"%llu bytes are more than one object holds, 48.8 TiB", (unsigned long long) length);
}

/* Whole MiB each, so that `count` hold `length`. */
static uint64_t
part_of (uint64_t length, uint64_t count)
{
	uint64_t part = ((length + count - 1) / count + MIB - 1) / MIB * MIB;
	return part < PART_LEAST ? PART_LEAST : part < PART_MOST ? part : PART_MOST;
}

int
plan_parts (uint64_t length, struct plan *ret, struct larder_error *error)
{
	int code = check_length (length, error);
	if (code < 0)
		return code;
	uint64_t part = part_of (length, PARTS_MOST);
	*ret = (struct plan) { length, part, (uint32_t) (length == 0 ? 1 : (length + part - 1) / part) };
	return 0;
}

uint64_t
plan_offset (const struct plan *plan, uint32_t number)
{
	return (uint64_t) (number - 1) * plan->part;
}

uint64_t
plan_length (const struct plan *plan, uint32_t number)
{
	return number < plan->count ? plan->part : plan->length - plan_offset (plan, number);
}

int
plan_stream (uint64_t expected, struct stream_plan *ret, struct larder_error *error)
{
	uint64_t part = part_of (expected, STREAM_STEADY);
	int code = check_length (expected, error);
	if (code == 0)
		*ret = (struct stream_plan) { part, (uint32_t) ((expected + part - 1) / part) };
	return code;
}

uint64_t
plan_stream_part (const struct stream_plan *plan, uint32_t number)
{
	uint32_t doublings = number > plan->steady ? (number - plan->steady - 1) / STREAM_STEP : 0;
	uint64_t part = doublings < 10 ? plan->part << doublings : PART_MOST;
	return part < PART_MOST ? part : PART_MOST;
}

static void
keep_failure (struct pieces *pieces, int code, const struct larder_error *error)
{
	pthread_mutex_lock (&pieces->mutex);
	if (pieces->code == 0) {
		pieces->code = code;
		if (pieces->error)
			larder_give (pieces->error, error);
	}
	pthread_mutex_unlock (&pieces->mutex);
}

static bool
step (struct share *share)
{
	struct pieces *pieces = (struct pieces *) (void *) share;
	struct larder_error error = LARDER_ERROR_INIT;
	pthread_mutex_lock (&pieces->mutex);
	while (pieces->done && pieces->begun < pieces->plan.count && pieces->done[pieces->begun])
		pieces->begun++;
	uint32_t number = pieces->code == 0 && pieces->begun < pieces->plan.count ? ++pieces->begun : 0;
	bool more = number && pieces->begun < pieces->plan.count;
	pthread_mutex_unlock (&pieces->mutex);
	if (number == 0)
		return false;
	int code = transfer_stopped (pieces->transfer) ? larder_fail (&error, LARDER_E_CANCELLED, "cancelled") : pieces->one (pieces, number, &error);
	if (code < 0)
		keep_failure (pieces, code, &error);
	return more && code == 0;
}

/* No more than the bandwidth that is allowed moves in a second: of many at once none would be whole when a run ends early. */
static unsigned
at_once (const struct pieces *pieces)
{
	const struct schema_larder *settings = larder_settings_of (pieces->transfer->larder);
	uint64_t a_second = settings && settings->bandwidth ? settings->bandwidth / pieces->plan.part : AT_ONCE;
	return a_second < 1 ? 1 : a_second < AT_ONCE ? (unsigned) a_second : AT_ONCE;
}

/* Of what an earlier run has done nothing moves. */
static void
spare_done (const struct pieces *pieces)
{
	uint64_t spared = 0;
	for (uint32_t number = 1; pieces->done && number <= pieces->plan.count; number++)
		spared += pieces->done[number - 1] ? plan_length (&pieces->plan, number) : 0;
	count_spared (pieces->transfer, spared);
}

int
pieces_do (struct pieces *pieces, struct larder_error *error)
{
	pieces->share = (struct share) { .step = step, .most = at_once (pieces) };
	pieces->error = error;
	spare_done (pieces);
	pthread_mutex_init (&pieces->mutex, NULL);
	pool_share (pieces->transfer->pool, &pieces->share);
	pthread_mutex_destroy (&pieces->mutex);
	return pieces->code;
}
