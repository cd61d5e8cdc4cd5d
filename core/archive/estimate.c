/* estimate.c: what a restore costs and how long it takes, before anything is asked for. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "restoring.h"
#include <larder/driver.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bill.h"
#include "error.h"
#include "store.h"

/* NULL: there are too many. */
static struct class *
class_of (struct restoring *all, const struct job_object *object)
{
	const char *name = object->storage_class ? object->storage_class : "STANDARD";
	size_t n = 0;
	while (n < all->count && strcmp (all->classes[n].name, name) != 0)
		n++;
	if (n == CLASSES_MOST)
		return NULL;
	if (n == all->count)
		all->classes[all->count++] = (struct class) { .name = arena_copy (all->arena, name), .first = arena_copy (all->arena, object->key) };
	return &all->classes[n];
}

void
estimate_add (struct restoring *all, const struct job_object *object)
{
	struct class *class = class_of (all, object);
	if (!class)
		return;
	class->objects++;
	class->bytes += object->length;
}

void
estimate_add_paid (struct restoring *all, const struct job_object *object)
{
	struct class *class = class_of (all, object);
	if (!class)
		return;
	class->paid++;
	class->paid_bytes += object->length;
}

/* One tier; what the chosen one costs is summed up. */
struct estimating { struct restoring *all; struct bill bill; uint64_t sum, spent; bool known; };

/* What the job asked for before, by the tier it asks for now: it is the same. NULL: nothing, or nobody knows. */
static const char *
spent_before (struct estimating *estimating, const struct class *class)
{
	struct restoring *all = estimating->all;
	uint64_t spent = 0;
	int64_t within;
	if (class->paid == 0 || !bill_retrieval (estimating->bill.prices, class->name, all->asked.tier, class->paid, class->paid_bytes, all->asked.days, &spent, &within))
		return NULL;
	estimating->spent += spent;
	return price_text (all->arena, spent);
}

static int
tell_tier (struct estimating *estimating, const struct class *class, const char *tier, int64_t within)
{
	struct restoring *all = estimating->all;
	const struct prices *prices = estimating->bill.prices;
	uint64_t price = 0;
	int64_t told = 0;
	bool is_known = bill_retrieval (prices, class->name, tier, class->objects, class->bytes, all->asked.days, &price, &told), chosen = strcmp (tier, all->asked.tier) == 0;
	const struct larder_archive_estimate estimate = {
		.size = sizeof estimate, .storage_class = class->name, .tier = tier, .objects = class->objects, .bytes = class->bytes, .price = is_known ? price_text (all->arena, price) : NULL,
		.currency = prices ? prices->currency : NULL, .within = told ? told : within, .chosen = chosen,
		.paid = chosen ? class->paid : 0, .spent = chosen ? spent_before (estimating, class) : NULL,
	};
	if (chosen) {
		estimating->sum += price;
		estimating->known = estimating->known && is_known;
	}
	return all->estimate ? all->estimate (all->context, &estimate) : 0;
}

/* The driver says which tiers there are; one that says nothing of any leaves it to the table, and that to the service. */
static int
tell_class (struct estimating *estimating, struct class *class)
{
	const struct restoring *all = estimating->all;
	const struct larder_retrieval *row;
	int code = 0;
	if (class->objects == 0) {               /* it is only known what was paid for it */
		(void) spent_before (estimating, class);
		return 0;
	}
	for (size_t n = 0; code == 0 && (row = store_retrieval (all->store, n)); n++)
		if (strcmp (row->storage_class, class->name) == 0) {
			class->is_archived = true;
			code = tell_tier (estimating, class, row->tier, row->within);
		}
	if (class->is_archived || code < 0)
		return code;
	class->is_archived = estimating->bill.prices || !store_retrieval (all->store, 0) ? bill_is_archived (estimating->bill.prices, class->name) : false;
	return class->is_archived ? tell_tier (estimating, class, all->asked.tier, 0) : 0;
}

/* ---- what is refused ---- */

static bool
has_tier (const struct restoring *all, const char *class)
{
	const struct larder_retrieval *row;
	bool any = false, has = false;
	for (size_t n = 0; (row = store_retrieval (all->store, n)); n++) {
		bool its = strcmp (row->storage_class, class) == 0;
		any = any || its;
		has = has || (its && strcmp (row->tier, all->asked.tier) == 0);
	}
	return has || !any;
}

/* Some would be asked for, and the run end at the first of the others. */
static int
check_tiers (const struct restoring *all, struct larder_error *error)
{
	for (size_t n = 0; n < all->count; n++) {
		const struct class *class = &all->classes[n];
		char more[60] = "";
		if (class->objects == 0 || has_tier (all, class->name))
			continue;
		if (class->objects > 1)
			snprintf (more, sizeof more, " and %" PRIu64 " more", class->objects - 1);
		return larder_fail_next (error, LARDER_E_INVALID, "another --tier for all of them, or a restore of its own for these", "'%s%s'%s: class %s has no tier %s; nothing was asked for",
			store_prefix (all->store), class->first ? class->first : "", more, class->name, all->asked.tier);
	}
	return 0;
}

static int
check_most (const struct estimating *estimating, struct larder_error *error)
{
	const struct restoring *all = estimating->all;
	const struct prices *prices = estimating->bill.prices;
	const struct price one = { .amount = all->asked.most };
	uint64_t most;
	char before[120] = "";
	if (!all->asked.most)
		return 0;
	if (!price_is_amount (all->asked.most) || !price_share (&one, 1, 1, &most))
		return larder_fail_next (error, LARDER_E_INVALID, "as 5.00", "'%s' is no sum of money", all->asked.most);
	if (!estimating->known)
		return larder_fail_next (error, LARDER_E_INVALID, "name a table that knows, [larder] prices = NAME; or leave the ceiling away", "nobody knows what it costs: nothing was asked for");
	if (estimating->sum <= most)
		return 0;
	if (estimating->spent > 0)
		snprintf (before, sizeof before, " more, after about %s for what was asked for before", price_text (all->arena, estimating->spent));
	return larder_fail_next (error, LARDER_E_INVALID, "another tier, fewer objects, or a higher ceiling", "it would cost %s %s%s, and may cost %s: nothing %swas asked for", price_text (all->arena, estimating->sum),
		prices ? prices->currency : "", before, all->asked.most, *before ? "more " : "");
}

int
estimate_tell (struct restoring *all, struct larder_error *error)
{
	struct estimating estimating = { .all = all, .known = true };
	int code = bill_begin (&estimating.bill, all->larder, all->arena, NULL, error);
	for (size_t n = 0; code == 0 && n < all->count; n++)
		code = tell_class (&estimating, &all->classes[n]);
	if (code == 0)
		code = check_tiers (all, error);
	return code < 0 ? code : check_most (&estimating, error);
}
