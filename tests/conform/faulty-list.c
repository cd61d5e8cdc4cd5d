/* faulty-list.c: listings of driver-faulty. A token is the number of items that came already. */
#include "faulty.h"

#include <stdio.h>
#include <stdlib.h>

#include "error.h"

struct line { const struct item *item; const char *group; bool latest; };
struct lines { struct line *at; size_t count; };

static bool
is_listed (const struct faulty *self, const struct larder_list *request, const struct item *item)
{
	size_t length = strlen (request->prefix);
	if (breaks (self, "prefix", request->prefix, "/l/b//"))
		length--;
	if (strncmp (item->key, request->prefix, length) != 0)
		return false;
	int order = request->start_after ? strcmp (item->key, request->start_after) : 1;
	if (order < 0 || (order == 0 && !breaks (self, "start-after", NULL, NULL)))
		return false;
	return request->versions || !item->marker;
}

/* The group of the key, in the call's arena, or NULL. */
static const char *
group_of (const struct faulty *self, struct larder_call *call, const struct larder_list *request, const char *key)
{
	const char *delimiter = request->delimiter;
	if (!*delimiter || (strcmp (delimiter, "/") != 0 && breaks (self, "delimiters", NULL, NULL)))
		return NULL;
	const char *found = strstr (key + strlen (request->prefix), delimiter);
	size_t length = found ? (size_t) (found - key) + strlen (delimiter) : 0;
	char *group = found ? larder_host->arena (call, length + 1) : NULL;
	return group ? memcpy (group, key, length) : NULL;
}

static int
collect (struct faulty *self, struct larder_call *call, const struct larder_list *request, struct lines *lines)
{
	const char *last = NULL;
	for (const struct item *before = NULL, *item = self->items; item; before = item, item = item->next) {
		bool newest = !before || strcmp (before->key, item->key) != 0;
		if (!is_listed (self, request, item) || (!request->versions && !newest))
			continue;
		const char *group = group_of (self, call, request, item->key);
		if (group && last && strcmp (group, last) == 0 && !(breaks (self, "groups", NULL, NULL) && request->most == 2))
			continue;
		struct line *grown = realloc (lines->at, (lines->count + 1) * sizeof *grown);
		if (!grown)
			return -1;
		lines->at = grown;
		lines->at[lines->count++] = (struct line) { item, group, newest };
		last = group;
	}
	return 0;
}

static void
swap (struct line *a, struct line *b)
{
	struct line was = *a;
	*a = *b;
	*b = was;
}

static int
emit (struct faulty *self, struct larder_call *call, const struct line *line, larder_item_fn item, void *context, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	if (line->group) {
		info.key = line->group;
		info.flags = LARDER_INFO_PREFIX;
	} else {
		int code = give (call, line->item, &info, error);
		if (code < 0)
			return code;
		info.flags = (line->latest ? LARDER_INFO_LATEST : 0) | (line->item->marker ? LARDER_INFO_DELETE_MARKER : 0);
		if (breaks (self, "list-facts", info.key, "/l/"))
			info.length++;
	}
	int code = item (context, &info, error);
	return breaks (self, "stop", NULL, NULL) ? 0 : code;
}

static void
spoil (const struct faulty *self, const struct larder_list *request, struct lines *lines)
{
	for (size_t i = 0; breaks (self, "any-order", NULL, NULL) && !request->versions && i < lines->count / 2; i++)
		swap (&lines->at[i], &lines->at[lines->count - 1 - i]);
	if (breaks (self, "order", NULL, NULL) && request->most == 0 && lines->count > 1)
		swap (&lines->at[0], &lines->at[1]);
	for (size_t i = 0; breaks (self, "version-order", request->prefix, "/versions/list") && i + 1 < lines->count; i += 2)
		swap (&lines->at[i], &lines->at[i + 1]);
	if (breaks (self, "pages", NULL, NULL) && request->most == 3 && !request->versions && lines->count > 3)
		lines->count--;
}

int
faulty_list (void *context, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *to,
             struct larder_page *ret_page, struct larder_error *error)
{
	struct faulty *self = context;
	struct lines lines = { 0 };
	size_t from = request->token ? strtoul (request->token, NULL, 10) : 0, most = request->most ? request->most : 1000;
	int code = check_place (request->bucket, "any", self, error);
	if (code == 0 && request->start_after && breaks (self, "any-order", NULL, NULL))
		code = larder_fail (error, LARDER_E_INVALID, "there is no order to start in");
	if (code < 0)
		return code;
	pthread_mutex_lock (&self->lock);
	code = collect (self, call, request, &lines) < 0 ? larder_fail_memory (error) : 0;
	spoil (self, request, &lines);
	size_t end = lines.count - from < most ? lines.count : from + most;
	for (size_t i = from; code == 0 && i < end; i++)
		code = emit (self, call, &lines.at[i], item, to, error);
	pthread_mutex_unlock (&self->lock);
	struct larder_page page = { .size = sizeof page, .complete = end == lines.count };
	free (lines.at);
	if (code == 0 && !page.complete) {
		char *token = larder_host->arena (call, 24);
		snprintf (token, 24, "%zu", end);
		page.token = token;
	}
	if (code == 0)
		larder_give (ret_page, &page);
	return code;
}

/* An object of its own, and gone again. */
int
faulty_probe (void *context, struct larder_call *call, const struct larder_probe *request, larder_finding_fn finding, larder_advice_fn advice, void *to,
              struct larder_error *error)
{
	struct faulty *self = context;
	char key[1200];
	snprintf (key, sizeof key, "%sx", request->prefix);
	struct item **at = &self->items, *item = item_new (key, &(struct larder_attributes) { 0 }, NULL);
	if (!item)
		return larder_fail_memory (error);
	pthread_mutex_lock (&self->lock);
	item->bytes = calloc (1, 1);
	item_fill (self, item);
	item_insert (self, item);
	if (!breaks (self, "probe", NULL, NULL)) {
		while (*at != item)
			at = &(*at)->next;
		*at = item->next;
		item_free (item);
	}
	pthread_mutex_unlock (&self->lock);
	(void) request->clean (request->context);
	if (larder_host->cancelled (call))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	int code = finding (to, LARDER_PASS, "server", "in memory", NULL);
	return code == 0 ? advice (to, "server", "memory") : code;
}
