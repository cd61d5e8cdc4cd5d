/* estimate.c: what a restore costs and how long it takes, before anything is asked for. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "restoring.h"

#include <string.h>

#include "bill.h"
#include "error.h"

void
estimate_add (struct restoring *all, const char *class, uint64_t bytes)
{
	const char *name = class ? class : "STANDARD";
	size_t n = 0;
	while (n < all->count && strcmp (all->classes[n].name, name) != 0)
		n++;
	if (n == CLASSES_MOST)
		return;
	if (n == all->count)
		all->classes[all->count++] = (struct class) { .name = arena_copy (all->arena, name) };
	all->classes[n].objects++;
	all->classes[n].bytes += bytes;
}

static int
tell_estimate (struct restoring *all, const struct bill *bill, struct class *class, uint64_t *sum, bool *known)
{
	uint64_t price = 0;
	int64_t within = 0;
	class->is_archived = bill_is_archived (bill->prices, class->name);
	if (!class->is_archived)
		return 0;
	bool is_known = bill_retrieval (bill->prices, class->name, all->asked.tier, class->objects, class->bytes, all->asked.days, &price, &within);
	const struct larder_archive_estimate estimate = {
		.size = sizeof estimate, .storage_class = class->name, .tier = all->asked.tier, .objects = class->objects, .bytes = class->bytes,
		.price = is_known ? price_text (all->arena, price) : NULL, .currency = bill->prices ? bill->prices->currency : NULL, .within = within,
	};
	*sum += price;
	*known = *known && is_known;
	return all->estimate ? all->estimate (all->context, &estimate) : 0;
}

static int
check_most (const struct restoring *all, uint64_t sum, bool known, const char *currency, struct larder_error *error)
{
	const struct price one = { .amount = all->asked.most };
	uint64_t most;
	if (!all->asked.most)
		return 0;
	if (!price_is_amount (all->asked.most) || !price_share (&one, 1, 1, &most))
		return larder_fail_next (error, LARDER_E_INVALID, "as 5.00", "'%s' is no sum of money", all->asked.most);
	if (!known)
		return larder_fail_next (error, LARDER_E_INVALID, "name a table that knows, [larder] prices = NAME; or leave the ceiling away", "nobody knows what it costs: nothing was asked for");
	return sum <= most ? 0 : larder_fail_next (error, LARDER_E_INVALID, "another tier, fewer objects, or a higher ceiling", "it would cost %s %s, and may cost %s: nothing was asked for",
		price_text (all->arena, sum), currency, all->asked.most);
}

int
estimate_tell (struct restoring *all, struct larder_error *error)
{
	struct bill bill;
	uint64_t sum = 0;
	bool known = true;
	int code = bill_begin (&bill, all->larder, all->arena, NULL, error);
	for (size_t n = 0; code == 0 && n < all->count; n++)
		code = tell_estimate (all, &bill, &all->classes[n], &sum, &known);
	return code < 0 ? code : check_most (all, sum, known, bill.prices ? bill.prices->currency : "", error);
}
