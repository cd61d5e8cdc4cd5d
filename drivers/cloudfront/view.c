/* view.c: an address asked for as a viewer does. */
#include "cloudfront.h"

int
cf_view (void *self, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error)
{
	const struct cloudfront *cloudfront = self;
	return http_view (aws_client_http (cloudfront->client), call, request, sink, ret_viewed, error);
}
