/* retry.c: the arithmetic of AWS's standard mode as of November 2026. Pure. */
#include "inner.h"

#include "clock.h"
#include "text.h"

/* Tokens of one retry: a throttled service costs less, as waiting is the cure. */
#define COST_TRANSIENT 14
#define COST_THROTTLED 5

#define SCALE_TRANSIENT (NS_PER_S / 20)
#define SCALE_THROTTLED NS_PER_S
#define WAIT_MOST (20 * NS_PER_S)
#define AFTER_MOST (5 * NS_PER_S)   /* x-amz-retry-after may add this much to our own wait */

void
aws_bucket_fill (struct aws_bucket *bucket)
{
	atomic_store (&bucket->tokens, AWS_BUCKET_FULL);
}

int
aws_bucket_take (struct aws_bucket *bucket, enum aws_retry kind)
{
	int cost = kind == AWS_RETRY_THROTTLED ? COST_THROTTLED : COST_TRANSIENT;
	int have = atomic_load (&bucket->tokens);
	while (have >= cost)
		if (atomic_compare_exchange_weak (&bucket->tokens, &have, have - cost))
			return cost;
	return 0;
}

void
aws_bucket_give (struct aws_bucket *bucket, int taken)
{
	int more = taken ? taken : 1, have = atomic_load (&bucket->tokens);
	while (have < AWS_BUCKET_FULL) {
		int then = have + more < AWS_BUCKET_FULL ? have + more : AWS_BUCKET_FULL;
		if (atomic_compare_exchange_weak (&bucket->tokens, &have, then))
			return;
	}
}

/* scale × 2^(retry - 1), up to the cap. */
static int64_t
widest (enum aws_retry kind, unsigned next)
{
	int64_t wait = kind == AWS_RETRY_THROTTLED ? SCALE_THROTTLED : SCALE_TRANSIENT;
	for (unsigned i = 2; i < next && wait < WAIT_MOST; i++)
		wait *= 2;
	return wait < WAIT_MOST ? wait : WAIT_MOST;
}

/* At least what the service asks for, in units of `unit` ns, but no more than `most`; what is no number counts for nothing. */
static int64_t
at_least (int64_t wait, const char *asked, int64_t unit, int64_t most)
{
	int64_t count;
	if (!asked || text_int (asked, &count) < 0 || count < 0)
		return wait;
	int64_t after = count > most / unit ? most : count * unit;
	return after > wait ? after : wait;
}

int64_t
aws_retry_wait (enum aws_retry kind, unsigned next, uint32_t random, const struct aws_retry_after *after)
{
	int64_t wait = (int64_t) ((__int128) widest (kind, next) * random / UINT32_MAX);
	int64_t longer = at_least (wait, after->ms, NS_PER_S / 1000, wait + AFTER_MOST);
	return at_least (longer, after->s, NS_PER_S, WAIT_MOST);
}
