/* prices.c: a price table read, and what of it a line of infrastructure costs. */
#include "prices.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "lines.h"
#include "reader.h"
#include "text.h"

enum { PRICES_MOST = 1 << 20 };

/* ---- one price ---- */

bool
price_is_amount (const char *text)
{
	size_t whole = strspn (text, "0123456789"), part = text[whole] == '.' ? strspn (text + whole + 1, "0123456789") : 0;
	return whole > 0 && text[whole + (text[whole] == '.') + part] == '\0' && (text[whole] != '.' || part > 0);
}

/* How much of it is paid: spans of time and sizes. 1: it is none of these keys. */
static int
take_measure (const char *file, const struct ini_entry *entry, struct price *price, struct larder_error *error)
{
	uint64_t *sizes[] = { &price->smallest, &price->each, &price->each_standard };
	static const char *const keys[] = { "smallest", "each", "each-standard" };
	const char *text = entry->value.text;
	int64_t *span = strcmp (entry->key, "least") == 0 ? &price->least : strcmp (entry->key, "within") == 0 ? &price->within : NULL;
	for (size_t n = 0; n < sizeof keys / sizeof *keys; n++)
		if (strcmp (entry->key, keys[n]) == 0)
			return text && text_size (text, sizes[n]) == 0 ? 0 : ini_fail (error, file, entry->line, "'%s' is no size, as 32KiB", entry->key);
	if (!span)
		return 1;
	return text && text_duration (text, span) == 0 ? 0 : ini_fail (error, file, entry->line, "'%s' is no span of time, as 90d", entry->key);
}

static int
take_entry (const char *file, const struct ini_entry *entry, struct price *price, struct larder_error *error)
{
	const char **texts[] = { &price->amount, &price->unit, &price->source, &price->storage_class, &price->with };
	static const char *const keys[] = { "amount", "unit", "source", "class", "with" };
	for (size_t n = 0; n < sizeof keys / sizeof *keys; n++)
		if (strcmp (entry->key, keys[n]) == 0) {
			*texts[n] = entry->value.text;
			return entry->value.text ? 0 : ini_fail (error, file, entry->line, "'%s' is a list where one value is expected; quote the whole of it", entry->key);
		}
	int code = take_measure (file, entry, price, error);
	if (code <= 0)
		return code;
	if (strcmp (entry->key, "of") != 0)
		return ini_fail (error, file, entry->line, "a price has no '%s': amount, unit, source, class, with, least, within, smallest, each, each-standard and of", entry->key);
	price->of = entry->value.items;
	price->of_count = entry->value.count;
	return entry->value.items ? 0 : ini_fail (error, file, entry->line, "'of' is not a list of items");
}

static int
read_price (struct larder_arena *arena, const char *file, const struct ini_section *section, const struct price ***last, struct larder_error *error)
{
	struct price *price = arena_alloc (arena, sizeof *price);
	if (!price)
		return larder_fail_memory (error);
	*price = (struct price) { .name = section->name };
	for (const struct ini_entry *entry = section->entries; entry; entry = entry->next) {
		int code = take_entry (file, entry, price, error);
		if (code < 0)
			return code;
	}
	if (!price->amount || !price_is_amount (price->amount) || !price->unit || !price->source)
		return ini_fail (error, file, section->line, "price '%s' needs an amount (as 0.025), a unit and a source", section->name);
	**last = price;
	*last = &price->next;
	return 0;
}

/* ---- the table ---- */

static const char *
text_of (const struct ini_section *section, const char *key)
{
	for (const struct ini_entry *entry = section->entries; entry; entry = entry->next)
		if (strcmp (entry->key, key) == 0)
			return entry->value.text;
	return NULL;
}

static int
read_table (struct larder_arena *arena, const char *file, const struct ini_section *sections, struct prices *table, struct larder_error *error)
{
	const struct price **last = &table->first;
	int code = 0;
	for (const struct ini_section *section = sections; code == 0 && section; section = section->next) {
		if (strcmp (section->kind, "price") == 0 && *section->name)
			code = read_price (arena, file, section, &last, error);
		else if (strcmp (section->kind, "prices") == 0)
			table->currency = text_of (section, "currency"), table->region = text_of (section, "region"), table->date = text_of (section, "date");
		else
			code = ini_fail (error, file, section->line, "a price table has [prices] and [price \"NAME\"]");
	}
	if (code == 0 && (!table->currency || !table->region || !table->date))
		code = ini_fail (error, file, 1, "[prices] needs currency, region and date");
	return code;
}

int
prices_read (struct larder_arena *arena, const char *pipeline, const char *name, const struct prices **ret, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	struct ini_section *sections;
	const char *slash = strrchr (pipeline, '/');
	if (!*name || strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen (name))
		return larder_fail_next (error, LARDER_E_INVALID, "prices = NAME of prices/NAME.ini beside the pipeline file", "'%s' is no name of a price table", name);
	const char *path = arena_printf (arena, "%.*sprices/%s.ini", slash ? (int) (slash + 1 - pipeline) : 0, pipeline, name);
	struct prices *table = arena_alloc (arena, sizeof *table);
	if (!path || !table)
		return larder_fail_memory (error);
	*table = (struct prices) { 0 };
	int code = file_slurp (AT_FDCWD, path, PRICES_MOST, &text, &length, error);
	if (code == 0)
		code = ini_read (arena, path, text, length, NULL, NULL, &sections, error);
	if (code == 0)
		code = read_table (arena, path, sections, table, error);
	*ret = table;
	return code;
}

/* ---- what a line costs ---- */

static bool
is_value (const char *wanted, const char *value)
{
	size_t length = strlen (wanted);
	return wanted[length - (length > 0)] == '*' ? strncmp (wanted, value, length - 1) == 0 : strcmp (wanted, value) == 0;
}

/* PATH, PATH=VALUE. */
static bool
is_line (const char *of, const char *path, const char *value)
{
	const char *equals = strchr (of, '=');
	if (equals && (!value || !is_value (equals + 1, value)))
		return false;
	return path_matches_member (of, equals ? (size_t) (equals - of) : strlen (of), path, NULL, 0);
}

/* TYPE, TYPE PATH, TYPE PATH=VALUE. */
static bool
fits (const char *of, const char *type, const char *path, const char *value)
{
	size_t length = strlen (type);
	if (strncmp (of, type, length) != 0 || (of[length] != ' ' && of[length] != '\0'))
		return false;
	if (!of[length] || !path)
		return !of[length] && !path;
	return is_line (of + length + 1, path, value);
}

bool
price_is_of (const struct price *price, const char *type, const char *path, const char *value)
{
	for (size_t n = 0; n < price->of_count; n++)
		if (fits (price->of[n], type, path, value))
			return true;
	return false;
}

bool
price_is_with (const struct price *price, const char *path, const char *value)
{
	return price->with && is_line (price->with, path, value);
}

/* ---- what so many cost ---- */

const struct price *
prices_find (const struct prices *prices, const char *name)
{
	const struct price *price = prices ? prices->first : NULL;
	while (price && strcmp (price->name, name) != 0)
		price = price->next;
	return price;
}

const struct price *
prices_of_class (const struct prices *prices, const char *storage_class)
{
	char name[80];
	snprintf (name, sizeof name, "storage %s", storage_class);
	return prices_find (prices, name);
}

/* An amount is a whole number of the least digit that it has: `ret_sum` of 1/`ret_unit`. */
static bool
split_amount (const char *amount, uint64_t *ret_sum, uint64_t *ret_unit)
{
	bool over = false, behind = false;
	*ret_sum = 0;
	*ret_unit = 1;
	for (const char *at = amount; *at; at++) {
		behind = behind || *at == '.';
		if (*at == '.')
			continue;
		over = __builtin_mul_overflow (*ret_sum, 10u, ret_sum) || __builtin_add_overflow (*ret_sum, (uint64_t) (*at - '0'), ret_sum) || over;
		over = (behind && __builtin_mul_overflow (*ret_unit, 10u, ret_unit)) || over;
	}
	return !over;
}

/* `sum` of 1/`unit`, a power of ten, without zeros at the end. */
static char *
decimal (struct larder_arena *arena, uint64_t sum, uint64_t unit)
{
	for (; unit > 1 && sum % 10 == 0; unit /= 10)
		sum /= 10;
	int digits = 0;
	for (uint64_t rest = unit; rest > 1; rest /= 10)
		digits++;
	return unit == 1 ? arena_printf (arena, "%" PRIu64, sum) : arena_printf (arena, "%" PRIu64 ".%0*" PRIu64, sum / unit, digits, sum % unit);
}

char *
price_times (struct larder_arena *arena, const struct price *price, uint64_t count)
{
	uint64_t sum, unit;
	bool fits = split_amount (price->amount, &sum, &unit) && !__builtin_mul_overflow (sum, count, &sum);
	return fits ? decimal (arena, sum, unit) : NULL;
}

enum { MILLION = 1000000 };

bool
price_share (const struct price *price, uint64_t count, uint64_t per, uint64_t *ret)
{
	uint64_t sum, unit;
	if (!split_amount (price->amount, &sum, &unit))
		return false;
	unsigned __int128 whole = (unsigned __int128) sum * count, divisor = (unsigned __int128) unit * per;
	if (whole > (unsigned __int128) UINT64_MAX * unit)
		return false;
	whole = (whole * MILLION + divisor - 1) / divisor;
	*ret = (uint64_t) whole;
	return whole <= UINT64_MAX;
}

char *
price_text (struct larder_arena *arena, uint64_t millionths)
{
	return decimal (arena, millionths, MILLION);
}
