/* list.c: one page of objects, versions, or open uploads. */
#include "s3.h"

#include "error.h"

static int
give_page (struct larder_call *call, struct larder_page *page, struct larder_page *ret, struct larder_error *error)
{
	bool failed = false;
	page->token = s3_give_text (call, page->token, &failed);
	if (failed)
		return larder_fail_memory (error);
	larder_give (ret, page);
	return 0;
}

int
s3_list (void *self, struct larder_call *call, const struct larder_list *list, larder_item_fn item, void *context,
         struct larder_page *ret_page, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_page page = { .size = sizeof page };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "list", list->bucket, NULL, error);
	if (code == 0)
		code = s3_request_list (&exchange.request, exchange.arena, s3->server, list, error);
	if (code == 0)
		code = s3_exchange_send (s3, call, &exchange, error);
	if (code == 0 && s3_exchange_makes_bucket (s3, &exchange)) {        /* it appears at its first use, and is empty until then */
		page.complete = true;
		return give_page (call, &page, ret_page, error);
	}
	if (code == 0 && !s3_exchange_is_ok (&exchange))
		code = s3_exchange_fault (s3, &exchange, error);
	if (code == 0)
		code = s3_reply_list (exchange.reply.body, exchange.reply.length, s3->server, list, exchange.arena, item, context, &page, error);
	return code == 0 ? give_page (call, &page, ret_page, error) : code;
}

int
s3_uploads_list (void *self, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload, void *context,
                 struct larder_page *ret_page, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_page page = { .size = sizeof page };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "list the open uploads of", request->bucket, NULL, error);
	if (code == 0)
		code = s3_request_uploads (&exchange.request, exchange.arena, s3->server, request, error);
	if (code == 0)
		code = s3_exchange_do (s3, call, &exchange, error);
	if (code == 0)
		code = s3_reply_uploads (exchange.reply.body, exchange.reply.length, request, exchange.arena, upload, context, &page, error);
	return code == 0 ? give_page (call, &page, ret_page, error) : code;
}
