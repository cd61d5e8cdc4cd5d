/* view.h: a request as a viewer makes it, for the operation `view` of a driver. */
#ifndef LARDER_HTTP_VIEW_H
#define LARDER_HTTP_VIEW_H

#include <larder/types.h>

#pragma GCC visibility push (default)

struct http;
struct larder_view;
struct larder_viewed;

int http_view (struct http *http, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error);

#pragma GCC visibility pop
#endif
