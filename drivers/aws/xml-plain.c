/* xml-plain.c: XML in the form that services write it: ASCII, tags without attributes other than xmlns, short texts, no
 * comments. A page of a listing so costs a tenth of what expat takes for it. At whatever is not of this form it stops, and
 * expat judges the document. Pure. */
#include "inner.h"

#include <stdint.h>
#include <string.h>

#define DEPTH_MOST 16
#define PATH_MOST 512
#define TEXT_MOST 4096           /* of a key of 1,024 bytes, each as %XX, and more */

struct plain {
	const char *at, *end;
	const struct aws_xml_told *told;
	size_t count;                /* calls made so far */
	unsigned depth;
	size_t lengths[DEPTH_MOST];  /* of the path, before the element began */
	size_t length;
	bool blank;                  /* nothing but blanks since the last tag */
	char path[PATH_MOST], text[TEXT_MOST];
	int code;                    /* what a caller's function stopped with */
	struct larder_error *error;
};

/* Letters, digits, '_', '-' and '.': a bit each. */
static inline bool
is_name (char c)
{
	static const uint64_t bits[2] = { UINT64_C (0x03ff600000000000), UINT64_C (0x07fffffe87fffffe) };
	return c >= 0 && (bits[c >> 6] >> (c & 63) & 1);
}

static bool
starts_with (const struct plain *plain, const char *text, size_t length)
{
	return (size_t) (plain->end - plain->at) >= length && memcmp (plain->at, text, length) == 0;
}

static bool
take (struct plain *plain, const char *text)
{
	size_t length = strlen (text);
	if (!starts_with (plain, text, length))
		return false;
	plain->at += length;
	return true;
}

static inline bool
take_byte (struct plain *plain, char c)
{
	return plain->at < plain->end && *plain->at == c ? (plain->at++, true) : false;
}

static void
skip_blanks (struct plain *plain)
{
	while (plain->at < plain->end && (*plain->at == ' ' || *plain->at == '\n' || *plain->at == '\t'))
		plain->at++;
}

/* &#34; and the like: printable ASCII only. */
static char
number (struct plain *plain)
{
	unsigned value = 0;
	const char *from = plain->at;
	for (; plain->at < plain->end && *plain->at >= '0' && *plain->at <= '9' && value < 127; plain->at++)
		value = value * 10 + (unsigned) (*plain->at - '0');
	bool whole = plain->at > from && take_byte (plain, ';');
	return (char) (whole && value >= ' ' && value < 127 ? value : 0);
}

/* NUL: not one of these. */
static char
entity (struct plain *plain)
{
	static const struct { const char *name; char c; } known[] = { { "&quot;", '"' }, { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&apos;", '\'' } };
	if (take (plain, "&#"))
		return number (plain);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (take (plain, known[i].name))
			return known[i].c;
	return '\0';
}

#define EACH(byte) (UINT64_C (0x0101010101010101) * (byte))

/* Eight bytes of which none is a control byte, none above ASCII, and none a '<', '>' or '&'. */
static inline bool
is_plain_text (uint64_t bytes)
{
	uint64_t less = bytes ^ EACH ('<'), more = bytes ^ EACH ('>'), and = bytes ^ EACH ('&');
	uint64_t odd = (bytes - EACH (' ')) | bytes | ((less - EACH (1)) & ~less) | ((more - EACH (1)) & ~more) | ((and - EACH (1)) & ~and);
	return !(odd & EACH (0x80));
}

/* Up to the next tag. */
static bool
take_text (struct plain *plain)
{
	char *into = plain->text, *last = into + TEXT_MOST - 1;
	plain->blank = true;
	while (plain->at < plain->end && *plain->at != '<') {
		uint64_t bytes;
		if (plain->end - plain->at >= 8 && last - into >= 8 && (memcpy (&bytes, plain->at, 8), is_plain_text (bytes))) {
			memcpy (into, &bytes, 8);
			into += 8;
			plain->blank = false;
			plain->at += 8;
			continue;
		}
		char c = *plain->at;
		if (c == '&' ? !(c = entity (plain)) : c == '>' || (c < ' ' && c != '\n' && c != '\t') || (plain->at++, false))
			return false;
		if (into == last)
			return false;
		*into++ = c;
		plain->blank = plain->blank && (c == ' ' || c == '\n' || c == '\t');
	}
	*into = '\0';
	return plain->at < plain->end;
}

static bool
call (struct plain *plain, bool begin)
{
	const struct aws_xml_told *told = plain->told;
	plain->count++;
	if (begin)
		plain->code = told->begin ? told->begin (told->context, plain->path, plain->error) : 0;
	else
		plain->code = told->end ? told->end (told->context, plain->path, plain->text, plain->error) : 0;
	return plain->code == 0;
}

/* The end tag of the element that is open, or the second half of <Name/>. */
static bool
close_tag (struct plain *plain)
{
	if (!call (plain, false))
		return false;
	plain->length = plain->lengths[--plain->depth];
	plain->path[plain->length] = '\0';
	return true;
}

static bool
end_tag (struct plain *plain)
{
	if (!plain->depth)
		return false;
	size_t from = plain->lengths[plain->depth - 1];
	const char *name = plain->path + from + (from > 0);
	size_t length = plain->length - from - (from > 0);
	if (!starts_with (plain, name, length))
		return false;
	plain->at += length;
	return take_byte (plain, '>') && close_tag (plain);
}

/* xmlns="…", at most one. */
static bool
skip_attribute (struct plain *plain)
{
	if (plain->at < plain->end && *plain->at != ' ')
		return true;
	if (!take (plain, " xmlns=\""))
		return false;
	while (plain->at < plain->end && *plain->at > ' ' && !strchr ("\"<&", *plain->at))
		plain->at++;
	return take_byte (plain, '"');
}

static bool
begin_tag (struct plain *plain)
{
	const char *name = plain->at;
	while (plain->at < plain->end && is_name (*plain->at))
		plain->at++;
	size_t length = (size_t) (plain->at - name);
	bool letter = length && ((*name | 0x20) >= 'a');
	if (!letter || plain->depth == DEPTH_MOST || (!plain->depth && plain->count) || plain->length + length + 2 > PATH_MOST)
		return false;
	if (!plain->blank)
		return false;            /* text and elements in one element */
	if (!skip_attribute (plain))
		return false;
	plain->lengths[plain->depth++] = plain->length;
	if (plain->length)
		plain->path[plain->length++] = '/';
	memcpy (plain->path + plain->length, name, length);
	plain->length += length;
	plain->path[plain->length] = '\0';
	plain->text[0] = '\0';
	if (take_byte (plain, '>'))
		return call (plain, true);
	return take (plain, "/>") && call (plain, true) && close_tag (plain);
}

static bool
read_document (struct plain *plain)
{
	skip_blanks (plain);
	if (take (plain, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"))
		skip_blanks (plain);
	do {
		if (!take_text (plain))
			return false;
		plain->at++;
		if (!(take_byte (plain, '/') ? end_tag (plain) : begin_tag (plain)))
			return false;
	} while (plain->depth);
	skip_blanks (plain);
	return plain->at == plain->end;
}

bool
aws_xml_plain (const char *body, size_t length, const struct aws_xml_told *told, size_t *ret_count, int *ret_code, struct larder_error *error)
{
	struct plain plain;          /* its texts need no zeroes */
	plain.at = body;
	plain.end = body + length;
	plain.told = told;
	plain.count = plain.length = 0;
	plain.depth = 0;
	plain.code = 0;
	plain.error = error;
	bool whole = read_document (&plain);
	*ret_count = plain.count;
	*ret_code = plain.code;
	return whole || plain.code;
}
