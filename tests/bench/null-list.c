/* null-list.c: listings of any length, both versions, made from the set that the prefix names. */
#include "null.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One page under way. */
struct page {
	struct key_set set;
	char prefix[1100], delimiter[8];
	uint64_t next, end, most, count;
	bool second;
	char last[1200];               /* the key or common prefix that ends the page */
	char *text;
	size_t used, room;
};

__attribute__ ((format (printf, 2, 3))) static void
add (struct page *page, const char *format, ...)
{
	va_list list;
	va_start (list, format);
	if (page->room - page->used < 4096 && (page->text = realloc (page->text, page->room += 1 << 18)) == NULL)
		abort ();
	page->used += (size_t) vsnprintf (page->text + page->used, page->room - page->used, format, list);
	va_end (list);
}

/* One key, or all below one common prefix. */
static void
add_next (struct page *page)
{
	char etag[48];
	names_key (&page->set, page->next, page->last);
	const char *slash = *page->delimiter ? strstr (page->last + strlen (page->prefix), page->delimiter) : NULL;
	if (slash) {
		page->last[slash - page->last + 1] = '\0';
		page->next = names_first (&page->set, page->last, strlen (page->last), true);
		add (page, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", page->last);
	} else {
		page->next++;
		etag_of (page->set.size, etag);
		add (page, "<Contents><Key>%s</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;%s&quot;</ETag>"
		     "<Size>%llu</Size><StorageClass>STANDARD</StorageClass></Contents>", page->last, etag, (unsigned long long) page->set.size);
	}
	page->count++;
}

/* Where the page begins: a token of ours is a number; a marker may be a common prefix, all of whose keys were told. */
static uint64_t
first_of (const struct page *page, const struct request *request)
{
	char text[1100];
	if (request_value (request, "continuation-token", text, sizeof text))
		return strtoull (text, NULL, 10);
	if (!request_value (request, page->second ? "start-after" : "marker", text, sizeof text))
		return 0;
	bool folder = *page->delimiter && text[strlen (text) - 1] == *page->delimiter;
	return names_first (&page->set, text, folder ? strlen (text) : strlen (text) + 1, true);
}

static void
begin (struct page *page, const struct request *request)
{
	char most[24];
	request_value (request, "prefix", page->prefix, sizeof page->prefix);
	request_value (request, "delimiter", page->delimiter, sizeof page->delimiter);
	page->most = request_value (request, "max-keys", most, sizeof most) ? strtoull (most, NULL, 10) : 1000;
	page->most = page->most < 1000 ? page->most : 1000;
	page->second = request_asks (request, "list-type");
	if (strcmp (request->bucket, "empty") == 0 || !names_set (page->prefix, &page->set))
		return;
	uint64_t from = first_of (page, request);
	page->next = names_first (&page->set, page->prefix, strlen (page->prefix), false);
	page->end = names_first (&page->set, page->prefix, strlen (page->prefix), true);
	page->next = from > page->next ? from : page->next;
}

static void
end (struct page *page)
{
	bool more = page->next < page->end;
	add (page, "<MaxKeys>%llu</MaxKeys><IsTruncated>%s</IsTruncated>", (unsigned long long) page->most, more ? "true" : "false");
	if (page->second)
		add (page, "<KeyCount>%llu</KeyCount>", (unsigned long long) page->count);
	if (more && page->second)
		add (page, "<NextContinuationToken>%llu</NextContinuationToken>", (unsigned long long) page->next);
	else if (more)
		add (page, "<NextMarker>%s</NextMarker>", page->last);
	add (page, "</ListBucketResult>");
}

bool
answer_list (struct line *line, const struct request *request)
{
	struct page page = { .most = 0 };
	begin (&page, request);
	add (&page, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
	     "<Name>%s</Name><Prefix>%s</Prefix>", request->bucket, page.prefix);
	if (request_asks (request, "encoding-type"))
		add (&page, "<EncodingType>url</EncodingType>");
	while (page.next < page.end && page.count < page.most)
		add_next (&page);
	end (&page);
	bool sent = answer_text (line, 200, "", page.text, page.used);
	free (page.text);
	return sent;
}
