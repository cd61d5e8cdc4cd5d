/* xml.c: reading and writing XML. expat does the reading where it is not plain; no document type, bounded depth, text and tokens,
 * so that nothing a server sends costs more than its length. Pure. */
#include "inner.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "error.h"

#define DEPTH_MOST 48
#define PATH_MOST 2048
#define TEXT_MOST (4 << 20)      /* text of all open elements together */
#define TOKEN_MOST (64 << 10)    /* one tag or comment; expat holds it back until it is whole */

struct aws_xml {
	XML_Parser parser;
	struct aws_xml_told told;
	size_t made;                                   /* calls that were made already */
	struct buffer path, text;
	unsigned depth;
	size_t paths[DEPTH_MOST], texts[DEPTH_MOST];   /* lengths before the element began */
	size_t idle;                                   /* bytes fed since expat last told anything */
	bool started;                                  /* something other than blanks came */
	int code;                                      /* why parsing was stopped */
	struct larder_error *error;                    /* of the call under way */
};

static void
stop (struct aws_xml *xml, int code)
{
	xml->code = code;
	XML_StopParser (xml->parser, XML_FALSE);
}

static void
cut (struct buffer *buffer, size_t length)
{
	if (buffer->length > length) {
		buffer->length = length;
		buffer->at[length] = '\0';
	}
}

/* Blanks between the elements of a long list are not kept until its end. */
static void
drop_blanks (struct aws_xml *xml)
{
	size_t from = xml->depth ? xml->texts[xml->depth - 1] : 0;
	const char *text = buffer_text (&xml->text) + (xml->text.length > from ? from : xml->text.length);
	if (!text[strspn (text, " \t\r\n")])
		cut (&xml->text, from);
}

static bool
is_due (struct aws_xml *xml)
{
	return xml->made ? (xml->made--, false) : true;
}

static void XMLCALL
on_begin (void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct aws_xml *xml = data;
	(void) attributes;
	xml->idle = 0;
	if (xml->code)
		return;
	if (xml->depth == DEPTH_MOST) {
		stop (xml, larder_fail (xml->error, LARDER_E_LIMIT, "the reply nests more than %d XML elements", DEPTH_MOST));
		return;
	}
	drop_blanks (xml);
	xml->paths[xml->depth] = xml->path.length;
	xml->texts[xml->depth++] = xml->text.length;
	const char *colon = strrchr (name, ':');
	if (xml->path.length)
		buffer_add_char (&xml->path, '/');
	if (buffer_add_text (&xml->path, colon ? colon + 1 : name) < 0) {
		stop (xml, larder_fail (xml->error, LARDER_E_LIMIT, "names of nested XML elements of the reply are longer than %d bytes", PATH_MOST));
		return;
	}
	int code = is_due (xml) && xml->told.begin ? xml->told.begin (xml->told.context, xml->path.at, xml->error) : 0;
	if (code)
		stop (xml, code);
}

static void XMLCALL
on_end (void *data, const XML_Char *name)
{
	struct aws_xml *xml = data;
	(void) name;
	xml->idle = 0;
	if (xml->code)
		return;
	xml->depth--;
	const char *text = xml->text.length > xml->texts[xml->depth] ? xml->text.at + xml->texts[xml->depth] : "";
	int code = is_due (xml) && xml->told.end ? xml->told.end (xml->told.context, xml->path.at, text, xml->error) : 0;
	cut (&xml->text, xml->texts[xml->depth]);
	cut (&xml->path, xml->paths[xml->depth]);
	if (code)
		stop (xml, code);
}

static void XMLCALL
on_text (void *data, const XML_Char *bytes, int count)
{
	struct aws_xml *xml = data;
	xml->idle = 0;
	if (!xml->code && buffer_add (&xml->text, bytes, (size_t) count) < 0)
		stop (xml, larder_fail (xml->error, LARDER_E_LIMIT, "a text in the XML reply is longer than %d bytes", TEXT_MOST));
}

static void XMLCALL
on_rest (void *data, const XML_Char *bytes, int count)
{
	struct aws_xml *xml = data;
	(void) bytes;
	(void) count;
	xml->idle = 0;
}

static void XMLCALL
on_doctype (void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int has_subset)
{
	struct aws_xml *xml = data;
	(void) name;
	(void) system;
	(void) public;
	(void) has_subset;
	if (!xml->code)
		stop (xml, larder_fail (xml->error, LARDER_E_INTEGRITY, "the XML reply declares a document type, which no service does"));
}

struct aws_xml *
aws_xml_new (aws_xml_begin_fn begin, aws_xml_end_fn end, void *context)
{
	struct aws_xml *xml = calloc (1, sizeof *xml);
	if (!xml)
		return NULL;
	xml->told = (struct aws_xml_told) { begin, end, context };
	buffer_init (&xml->path, PATH_MOST);
	buffer_init (&xml->text, TEXT_MOST);
	xml->parser = XML_ParserCreate (NULL);
	if (!xml->parser) {
		aws_xml_free (xml);
		return NULL;
	}
	XML_SetUserData (xml->parser, xml);
	XML_SetElementHandler (xml->parser, on_begin, on_end);
	XML_SetCharacterDataHandler (xml->parser, on_text);
	XML_SetDefaultHandler (xml->parser, on_rest);
	XML_SetStartDoctypeDeclHandler (xml->parser, on_doctype);
	return xml;
}

static int
judge (struct aws_xml *xml, enum XML_Status status, struct larder_error *error)
{
	if (xml->code)
		return xml->code;
	if (status == XML_STATUS_OK)
		return 0;
	enum XML_Error why = XML_GetErrorCode (xml->parser);
	if (why == XML_ERROR_NO_MEMORY)
		return xml->code = larder_fail_memory (error);
	xml->code = larder_fail (error, LARDER_E_INTEGRITY, "the reply is not whole XML: %s in line %lu", XML_ErrorString (why),
	                         (unsigned long) XML_GetCurrentLineNumber (xml->parser));
	larder_explain (error, LARDER_DETAIL_NEXT, "try again; look whether a proxy or another server answers at that endpoint");
	return xml->code;
}

/* expat takes no more than INT_MAX at a time; pieces also keep the watch on long tokens close. */
static int
feed (struct aws_xml *xml, const char *at, size_t count, struct larder_error *error)
{
	while (count > 0 && !xml->code) {
		size_t piece = count < 16384 ? count : 16384;
		xml->idle += piece;
		enum XML_Status status = XML_Parse (xml->parser, at, (int) piece, 0);
		int code = judge (xml, status, error);
		if (code)
			return code;
		if (xml->idle > TOKEN_MOST)
			return xml->code = larder_fail (error, LARDER_E_LIMIT, "a tag in the XML reply is longer than %d bytes", TOKEN_MOST);
		at += piece;
		count -= piece;
	}
	return xml->code;
}

int
aws_xml_feed (struct aws_xml *xml, const void *bytes, size_t count, struct larder_error *error)
{
	const char *at = bytes;
	while (!xml->started && count > 0 && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
		at++;     /* servers that need long send blanks meanwhile, some before the XML declaration */
		count--;
	}
	if (count == 0)
		return xml->code;
	xml->started = true;
	xml->error = error;
	int code = feed (xml, at, count, error);
	xml->error = NULL;
	return code;
}

int
aws_xml_end (struct aws_xml *xml, struct larder_error *error)
{
	if (xml->code)
		return xml->code;
	xml->error = error;
	int code = judge (xml, XML_Parse (xml->parser, "", 0, 1), error);
	xml->error = NULL;
	return code;
}

void
aws_xml_free (struct aws_xml *xml)
{
	if (!xml)
		return;
	if (xml->parser)
		XML_ParserFree (xml->parser);
	buffer_free (&xml->path);
	buffer_free (&xml->text);
	free (xml);
}

int
aws_xml_read (const void *body, size_t length, aws_xml_begin_fn begin, aws_xml_end_fn end, void *context, struct larder_error *error)
{
	const struct aws_xml_told told = { begin, end, context };
	size_t made;
	int code;
	if (aws_xml_plain (body, length, &told, &made, &code, error))
		return code;
	struct aws_xml *xml = aws_xml_new (begin, end, context);
	if (!xml)
		return larder_fail_memory (error);
	xml->made = made;
	code = aws_xml_feed (xml, body, length, error);
	if (code == 0)
		code = aws_xml_end (xml, error);
	aws_xml_free (xml);
	return code;
}

void
aws_xml_escape (struct buffer *into, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char) *text;
		switch (c) {
		case '&': buffer_add_text (into, "&amp;"); break;
		case '<': buffer_add_text (into, "&lt;"); break;
		case '>': buffer_add_text (into, "&gt;"); break;
		case '"': buffer_add_text (into, "&quot;"); break;
		default:
			if (c < 0x20 || c == 0x7f)
				buffer_printf (into, "&#%u;", c);
			else
				buffer_add_char (into, (char) c);
		}
	}
}
