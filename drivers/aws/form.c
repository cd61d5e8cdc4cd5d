/* form.c: requests of the query protocol: a form in the body of a POST, an action and its parameters. Pure. */
#include "inner.h"

#include "arena.h"
#include "buffer.h"

#define FORM_MOST (128 << 10)

void
aws_form_begin (struct aws_form *form, struct aws_request *request, struct larder_arena *arena, const char *action, const char *version)
{
	aws_request_begin (request, arena, "POST", NULL, NULL);
	aws_request_header (request, "content-type", "application/x-www-form-urlencoded; charset=utf-8");
	*form = (struct aws_form) { .request = request };
	buffer_init (&form->text, FORM_MOST);
	form->text.secret = true;                /* tokens may be among it */
	buffer_printf (&form->text, "Action=%s&Version=%s", action, version);
}

void
aws_form_add (struct aws_form *form, const char *name, const char *value)
{
	if (!value)
		return;
	buffer_printf (&form->text, "&%s=", name);
	aws_percent (&form->text, value, false);
}

void
aws_form_end (struct aws_form *form)
{
	struct aws_request *request = form->request;
	struct buffer *text = &form->text;
	request->body = text->failed ? NULL : arena_copy_bytes (request->arena, text->at, text->length);
	request->body_length = text->length;
	request->failed |= !request->body;
	buffer_free (text);
}
