/* traps.c: conditions over lines: what a driver's table says does not do what its reader thinks. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

#define WAS "was:"
#define OVERLAPS " overlaps "
#define NAMES " names "
#define HERE " here"
enum { TERM_MOST = 200 };

/* ---- one term ---- */

struct world {
	const struct lines *desired, *facts, *observed;
	const struct changes *lacks;     /* lines that were asked for, and that the backend does not support */
	bool asked;                      /* those count, too */
	const char *member;              /* what [@] stands for; NULL: any */
	size_t member_length;
};

/* The first line that fits from `at` on, or NULL. */
static const struct line *
line_of (const struct world *world, const struct lines *lines, const char *pattern, size_t length, size_t *at)
{
	for (; lines && *at < lines->count; ++*at)
		if (path_matches_member (pattern, length, lines->at[*at].path, world->member, world->member_length))
			return &lines->at[(*at)++];
	return NULL;
}

static bool
value_fits (const char *value, char how, const char *text)
{
	switch (how) {
	case '=': return strcmp (value, text) == 0;
	case '~': return strstr (value, text) != NULL;
	case '<': return strtoll (value, NULL, 10) < strtoll (text, NULL, 10);
	case '>': return strtoll (value, NULL, 10) > strtoll (text, NULL, 10);
	default: return true;
	}
}

static bool
any_fits (const struct world *world, const struct lines *lines, const char *path, size_t length, char how, const char *text)
{
	const struct line *line;
	for (size_t at = 0; (line = line_of (world, lines, path, length, &at));)
		if (value_fits (line->value ? line->value : "", how, text))
			return true;
	return false;
}

static bool
any_lacking_fits (const struct world *world, const char *path, size_t length, char how, const char *text)
{
	for (size_t n = 0; world->asked && world->lacks && n < world->lacks->count; n++) {
		const struct change *one = &world->lacks->at[n];
		if (path_matches_member (path, length, one->path, world->member, world->member_length) && value_fits (one->will ? one->will : "", how, text))
			return true;
	}
	return false;
}

/* The value of "PATH" or "was:PATH", or NULL. */
static const char *
value_of (const struct world *world, const char *path, size_t length)
{
	bool was = strncmp (path, WAS, strlen (WAS)) == 0;
	size_t at = 0, fact = 0, skip = was ? strlen (WAS) : 0;
	const struct line *line = line_of (world, was ? world->observed : world->desired, path + skip, length - skip, &at);
	if (!line && !was)
		line = line_of (world, world->facts, path, length, &fact);
	return line ? line->value : NULL;
}

/* ---- sums ---- */

/* The first " - ", " * " or " / " before the end, or NULL. */
static const char *
operator_in (const char *at, const char *end)
{
	for (; at + 3 < end; at++)
		if (at[0] == ' ' && strchr ("-*/", at[1]) && at[2] == ' ')
			return at;
	return NULL;
}

static bool
operand_of (const struct world *world, const char *text, size_t length, int64_t *ret)
{
	const char *value = *text >= '0' && *text <= '9' ? text : value_of (world, text, length);
	if (value)
		*ret = strtoll (value, NULL, 10);
	return value != NULL;
}

static bool
apply_operator (char how, int64_t *ret, int64_t second)
{
	switch (how) {
	case '-': return !__builtin_sub_overflow (*ret, second, ret);
	case '*': return !__builtin_mul_overflow (*ret, second, ret);
	default:
		if (second <= 0)
			return false;
		*ret /= second;
		return true;
	}
}

/* Of "A * B / C", from left to right; false: a path is not there, or the sum has no value. */
static bool
sum_of (const struct world *world, const char *at, const char *end, int64_t *ret)
{
	const char *next = operator_in (at, end);
	int64_t second;
	if (!operand_of (world, at, (size_t) ((next ? next : end) - at), ret))
		return false;
	while (next) {
		char how = next[1];
		at = next + 3;
		next = operator_in (at, end);
		if (!operand_of (world, at, (size_t) ((next ? next : end) - at), &second) || !apply_operator (how, ret, second))
			return false;
	}
	return true;
}

/* "A * B < N" */
static bool
sum_fits (const struct world *world, const char *term, const char *compared)
{
	int64_t sum, number = strtoll (compared + 1, NULL, 10);
	return sum_of (world, term, compared, &sum) && (*compared == '<' ? sum < number : sum > number);
}

/* ---- windows, names ---- */

/* "PATH overlaps PATH" */
static bool
overlap_fits (const struct world *world, const char *term, const char *overlaps)
{
	const char *second = overlaps + strlen (OVERLAPS);
	const char *one = value_of (world, term, (size_t) (overlaps - term)), *other = value_of (world, second, strlen (second));
	return one && other && windows_overlap (one, other);
}

/* "PATH names NUMBER" */
static bool
name_fits (const struct world *world, const char *term, const char *names)
{
	const char *value = value_of (world, term, (size_t) (names - term));
	return value && text_is_name (value, strtoul (names + strlen (NAMES), NULL, 10));
}

static bool
term_fits (const struct world *world, const char *term)
{
	if (*term == '!') {                      /* whoever asked for it knows: that it is lacking here is told by itself */
		struct world asked = *world;
		asked.asked = true;
		return !term_fits (&asked, term + 1);
	}
	const char *overlaps = strstr (term, OVERLAPS), *names = strstr (term, NAMES);
	if (overlaps || names)
		return overlaps ? overlap_fits (world, term, overlaps) : name_fits (world, term, names);
	bool was = strncmp (term, WAS, strlen (WAS)) == 0;
	term += was ? strlen (WAS) : 0;
	const char *compared = strpbrk (term, "<>");
	if (compared && operator_in (term, compared))
		return sum_fits (world, term, compared);
	size_t length = strcspn (term, "=~<>");
	char how = term[length];
	const char *text = how ? term + length + 1 : "";
	if (was)
		return any_fits (world, world->observed, term, length, how, text);
	return any_fits (world, world->desired, term, length, how, text) || any_fits (world, world->facts, term, length, how, text) || any_lacking_fits (world, term, length, how, text);
}

/* ---- terms together ---- */

/* The next piece of a text up to a separator; its length, and past the separator. */
static size_t
piece (const char *text, const char *separator, const char **ret_next)
{
	const char *end = strstr (text, separator);
	*ret_next = end ? end + strlen (separator) : NULL;
	return end ? (size_t) (end - text) : strlen (text);
}

static bool
all_fit (const struct world *world, const char *terms, size_t length)
{
	char copy[TERM_MOST * 4], term[TERM_MOST];
	snprintf (copy, sizeof copy, "%.*s", (int) length, terms);
	for (const char *at = copy, *next; at; at = next) {
		size_t one = piece (at, " & ", &next);
		snprintf (term, sizeof term, "%.*s", (int) one, at);
		if (!term_fits (world, term))
			return false;
	}
	return true;
}

/* One alternative: where [@] occurs, for some member of the lines. */
static bool
alternative_fits (struct world *world, const char *terms, size_t length)
{
	const char *bound = memmem (terms, length, "[@]", 3);
	if (!bound)
		return all_fit (world, terms, length);
	const struct lines *lists[] = { world->desired, world->facts };
	for (size_t n = 0; n < 2; n++)
		for (size_t k = 0; lists[n] && k < lists[n]->count; k++) {
			const char *open = strchr (lists[n]->at[k].path, '['), *close = open ? strchr (open, ']') : NULL;
			world->member = close ? open + 1 : NULL;
			world->member_length = close ? (size_t) (close - open - 1) : 0;
			if (close && all_fit (world, terms, length))
				return true;
		}
	return false;
}

/* `world` keeps the member that [@] stands for. */
static bool
is_met (struct world *world, const char *when)
{
	for (const char *at = when, *next; at; at = next) {
		size_t length = piece (at, " | ", &next);
		world->member = NULL;
		if (alternative_fits (world, at, length))
			return true;
	}
	return false;
}

static struct world
world_of (const struct resource *resource, const struct lines *facts)
{
	return (struct world) { .desired = &resource->desired, .facts = facts, .observed = &resource->observed, .lacks = &resource->lacks };
}

bool
trap_is_met (const char *when, const struct resource *resource, const struct lines *facts)
{
	struct world world = world_of (resource, facts);
	return is_met (&world, when);
}

/* ---- of a resource ---- */

/* Where the sum that a text begins with ends: words behind it are no part of it. */
static const char *
sum_end (const char *at, const char *end)
{
	const char *space = memchr (at, ' ', (size_t) (end - at));
	while (space && operator_in (space, end) == space)
		space = memchr (space + 3, ' ', (size_t) (end - space - 3));
	return space ? space : end;
}

/* Each of them by the clock here, "; " between two; NULL: none can be told so. */
static const char *
all_here (const struct world *world, struct larder_arena *arena, const char *path, size_t length)
{
	const char *text = NULL;
	const struct line *line;
	for (size_t at = 0; (line = line_of (world, world->desired, path, length, &at));) {
		const char *here = line->value ? window_here (arena, line->value) : NULL;
		if (here)
			text = arena_printf (arena, "%s%s%s", text ? text : "", text ? "; " : "", here);
	}
	return text;
}

/* What stands for one {…}; NULL: no memory. */
static const char *
figure (const struct world *world, struct larder_arena *arena, const char *at, const char *end)
{
	const char *bar = memchr (at, '|', (size_t) (end - at)), *stop = bar ? bar : end, *sum = sum_end (at, stop);
	bool here = (size_t) (stop - sum) == strlen (HERE) && strncmp (sum, HERE, strlen (HERE)) == 0;
	int64_t number;
	const char *value = NULL;
	if (here)
		value = all_here (world, arena, at, (size_t) (sum - at));
	else if (!operator_in (at, sum))
		value = value_of (world, at, (size_t) (sum - at));
	else if (sum_of (world, at, sum, &number))
		value = arena_printf (arena, "%lld", (long long) number);
	if (!value)
		return arena_printf (arena, "%.*s", bar ? (int) (end - bar - 1) : 0, bar ? bar + 1 : "");
	return here ? value : arena_printf (arena, "%s%.*s", value, (int) (stop - sum), sum);
}

/* The text with each {…} as it is in this resource; NULL: no memory. */
static const char *
trap_text (const struct world *world, struct larder_arena *arena, const char *text)
{
	const char *open = strchr (text, '{'), *close = open ? strchr (open, '}') : NULL;
	if (!close)
		return text;
	const char *value = figure (world, arena, open + 1, close), *rest = trap_text (world, arena, close + 1);
	return value && rest ? arena_printf (arena, "%.*s%s%s", (int) (open - text), text, value, rest) : NULL;
}

static int
add_trap (struct resource *resource, const struct larder_trap *trap, const struct world *world, struct larder_error *error)
{
	struct changes *traps = &resource->traps;
	struct change *at = arena_more (resource->arena, traps->at, traps->count, &traps->room, sizeof *at);
	const char *text = trap_text (world, resource->arena, trap->text);
	const char *accept = trap->refuses ? NULL : arena_printf (resource->arena, "accept = %s in [%s \"%s\"]", trap->name, resource->kind, resource->section);
	if (!at || !text || (!accept && !trap->refuses))
		return larder_fail_memory (error);
	traps->at = at;
	if (trap->refuses) {
		resource->refusal = arena_printf (resource->arena, "%s: %s", trap->name, text);
		resource->refusal_next = trap->next;
	}
	at[traps->count++] = (struct change) { .mark = LARDER_INFRA_WARNING, .path = trap->name, .why = text, .next = trap->next, .accept = accept };
	return 0;
}

int
traps_refuse (const struct resource *one, struct larder_error *error)
{
	return !one->refusal ? 0 : larder_fail_next (error, LARDER_E_INVALID, one->refusal_next, "[%s \"%s\"] of %s: %s", one->kind, one->section, config_where (one->at), one->refusal);
}

int
traps_find (const struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	const char *at = (const char *) resource->means->traps;
	struct lines facts;
	resource->traps = (struct changes) { 0 };
	resource->refusal = resource->mismatch, resource->refusal_next = resource->mismatch_next;
	if (!at)
		return 0;
	int code = facts_read (infra, resource, &facts, error);
	for (; code == 0 && ((const struct larder_trap *) (const void *) at)->name; at += resource->means->trap_stride) {
		const struct larder_trap *trap = (const struct larder_trap *) (const void *) at;
		char *accepted = path_of_member (resource->wanted, "accept", trap->name, "");
		if (!accepted)
			return larder_fail_memory (error);
		struct world world = world_of (resource, &facts);
		if (!lines_find (&facts, accepted) && is_met (&world, trap->when))
			code = add_trap (resource, trap, &world, error);
	}
	return code;
}

/* ---- names that sections accept ---- */

/* Every name that a driver of this profile knows, of any type. */
struct known { struct larder_arena *arena; const char **at; size_t count, room; };

static int
know_table (struct known *known, const struct larder_trap *table, size_t stride, struct larder_error *error)
{
	for (const char *at = (const char *) table; at && ((const struct larder_trap *) (const void *) at)->name; at += stride) {
		const char **more = arena_more (known->arena, known->at, known->count, &known->room, sizeof *more);
		if (!more)
			return larder_fail_memory (error);
		known->at = more;
		more[known->count++] = ((const struct larder_trap *) (const void *) at)->name;
	}
	return 0;
}

/* The table of an older module ends before that member. */
static bool
has_known_traps (const struct resource *one)
{
	return one->means_stride >= offsetof (struct larder_resource_type, known_traps) + sizeof one->means->known_traps;
}

static int
know_type (struct known *known, const struct resource *one, struct larder_error *error)
{
	const struct larder_resource_type *means = one->means;
	int code = know_table (known, means->traps, means->trap_stride, error);
	for (const struct larder_trap *const *table = has_known_traps (one) ? means->known_traps : NULL; code == 0 && table && *table; table++)
		code = know_table (known, *table, means->trap_stride, error);
	return code;
}

static bool
is_bound (const struct resource *one)
{
	return one->means && !one->cut && one->code == 0;
}

/* Each type once: a thousand buckets are of one. */
static bool
is_first_of_type (const struct larder_infra *infra, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (is_bound (&infra->at[k]) && infra->at[k].means == infra->at[n].means)
			return false;
	return true;
}

/* Who answers here for what the section stands for may know no traps at all: then a name is for another profile. A section that stands for nothing itself,
 * as a [lifecycle], is anybody's. */
static bool
is_judged (const struct larder_infra *infra, const struct config_section *at)
{
	bool stands = false;
	for (size_t n = 0; n < infra->count; n++) {
		const struct resource *one = &infra->at[n];
		stands = stands || one->at == at;
		if (one->at == at && is_bound (one) && one->means->traps)
			return true;
	}
	return !stands;
}

static int
refuse_name (const struct config_section *at, const char *name, const struct known *known, struct larder_error *error)
{
	char next[250] = "larder infra plan tells each trap by its name";
	const char *nearest = text_nearest (name, known->at, known->count);
	if (nearest)
		snprintf (next, sizeof next, "did you mean '%s'?", nearest);
	return larder_fail_next (error, LARDER_E_INVALID, next, "'%s' of accept in [%s \"%s\"] of %s is the name of no trap", name, config_kind (at), config_name (at), config_where_key (at, "accept"));
}

static int
check_names (const struct larder_infra *infra, const struct config_section *at, const struct known *known, struct larder_error *error)
{
	const char *name;
	if (!config_given (at, "accept") || !is_judged (infra, at))
		return 0;
	for (size_t n = 0; (name = config_item (at, "accept", n)); n++) {
		bool found = false;
		for (size_t k = 0; k < known->count && !found; k++)
			found = strcmp (known->at[k], name) == 0;
		if (!found)
			return refuse_name (at, name, known, error);
	}
	return 0;
}

int
traps_check_accepted (const struct larder_infra *infra, struct larder_error *error)
{
	struct known known = { .arena = infra->arena };
	int code = 0;
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		if (is_bound (&infra->at[n]) && is_first_of_type (infra, n))
			code = know_type (&known, &infra->at[n], error);
	for (const struct config_section *at = NULL; code == 0 && known.count && (at = config_next (larder_configuration (infra->larder), NULL, at));)
		code = check_names (infra, at, &known, error);
	return code;
}
