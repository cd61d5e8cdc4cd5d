/* costs.c: what begins or ends to be paid for with the changes of a resource: prices of the table, whose data says which lines cost them. */
#include "resource.h"

#include <string.h>

#include "error.h"
#include "prices.h"

int
costs_read (const struct larder_infra *infra, const struct prices **ret, struct larder_error *error)
{
	const struct schema_larder *settings = larder_settings_of (infra->larder);
	*ret = NULL;
	if (!settings || !settings->prices)
		return 0;
	return prices_read (infra->arena, config_path (larder_configuration (infra->larder)), settings->prices, ret, error);
}

/* What a price is paid for: begun, ended, or neither. */
enum paid { PAID_NO, PAID_BEGINS, PAID_ENDS };

/* One that nobody declared stays, unless the plan says that it goes. */
static bool
stays (const struct resource *one, const struct line *there)
{
	bool goes = lines_find (&one->desired, there->path);
	for (size_t n = 0; n < one->changes.count; n++)
		goes = goes || (one->changes.at[n].mark == LARDER_INFRA_REMOVE && strcmp (one->changes.at[n].path, there->path) == 0);
	return !goes;
}

/* Of the lines that are there before, or after. */
static bool
has_line (const struct resource *one, bool after, const struct price *price, bool (*is) (const struct price *price, const char *type, const char *path, const char *value))
{
	const struct lines *desired = &one->desired, *observed = &one->observed;
	for (size_t n = 0; after && n < desired->count; n++)
		if (is (price, one->type, desired->at[n].path, desired->at[n].value))
			return true;
	for (size_t n = 0; n < observed->count; n++)
		if (is (price, one->type, observed->at[n].path, observed->at[n].value) && (!after || stays (one, &observed->at[n])))
			return true;
	return false;
}

static bool
is_beside (const struct price *price, const char *type, const char *path, const char *value)
{
	(void) type;
	return price_is_with (price, path, value);
}

static bool
is_paid (const struct resource *one, bool after, const struct price *price)
{
	return has_line (one, after, price, price_is_of) && (!price->with || has_line (one, after, price, is_beside));
}

/* What is paid for before and after neither begins nor ends. */
static enum paid
paid (const struct resource *one, const struct price *price)
{
	bool whole = price_is_of (price, one->type, NULL, NULL);
	if (one->mark == LARDER_INFRA_REMOVE)
		return whole ? PAID_ENDS : PAID_NO;
	bool before = is_paid (one, false, price), after = is_paid (one, true, price);
	if ((whole && one->mark == LARDER_INFRA_CREATE) || (after && !before))
		return PAID_BEGINS;
	return before && !after ? PAID_ENDS : PAID_NO;
}

/* What is stored in another class costs that one's price, which the table may not have. */
static bool
is_of_class (const char *class, const struct price *price)
{
	return !class || !price->storage_class || strcmp (class, price->storage_class) == 0;
}

/* The region of its backend, where that is not the table's; NULL: it is, or nobody says. */
static const char *
other_region (const struct larder_infra *infra, const struct prices *prices, const struct resource *one)
{
	const struct config_section *at;
	const char *region = one->backend && config_find (larder_configuration (infra->larder), "backend", one->backend, &at, NULL) == 0 ? config_text (at, "region") : NULL;
	return region && *region && strcmp (region, prices->region) != 0 ? region : NULL;
}

/* Once in a plan: that the table is for another region than this lies in. */
static int
tell_region (const struct prices *prices, const struct resource *one, const char *region, bool *told, larder_infra_change_fn change, void *context, struct larder_error *error)
{
	struct larder_infra_change remark = infra_whole (one);
	if (*told)
		return 0;
	*told = true;
	remark.mark = LARDER_INFRA_COST, remark.path = "prices", remark.next = NULL;
	remark.why = arena_printf (one->arena, "the table of [larder] prices is for %s, and this lies in %s: what lies there is told without prices", prices->region, region);
	return remark.why ? change (context, &remark, error) : larder_fail_memory (error);
}

int
costs_tell (const struct larder_infra *infra, const struct prices *prices, struct resource *one, bool *told_region, larder_infra_change_fn change, void *context, struct larder_error *error)
{
	int code = 0;
	const char *region = prices ? other_region (infra, prices, one) : NULL;
	bool moves = one->mark == LARDER_INFRA_CREATE || one->mark == LARDER_INFRA_UPDATE || one->mark == LARDER_INFRA_REPLACED || one->mark == LARDER_INFRA_REMOVE;
	bool stored = prices && moves && strcmp (one->kind, "store") == 0 && strcmp (one->type, "bucket") == 0;
	const char *class = stored ? store_class (infra->larder, one->at) : NULL;
	if (prices && moves)
		code = resource_desire (infra, one, error);
	for (const struct price *price = prices && moves ? prices->first : NULL; code == 0 && price; price = price->next) {
		enum paid what = is_of_class (class, price) ? paid (one, price) : PAID_NO;
		if (what != PAID_NO && region)
			return tell_region (prices, one, region, told_region, change, context, error);
		const char *amount = what == PAID_NO ? NULL : arena_printf (one->arena, "%s %s", price->amount, prices->currency);
		struct larder_infra_change told = infra_whole (one);
		told.mark = LARDER_INFRA_COST, told.path = price->name, told.why = price->unit, told.next = NULL;
		told.was = what == PAID_ENDS ? amount : NULL, told.will = what == PAID_BEGINS ? amount : NULL;
		if (what != PAID_NO)
			code = amount ? change (context, &told, error) : larder_fail_memory (error);
	}
	return code;
}
