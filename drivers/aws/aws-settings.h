/* aws-settings.h: what every driver of an AWS service is told in its [backend]. Apart from aws.h for one that speaks to no service itself, and whose
 * control module does. */
#ifndef LARDER_AWS_SETTINGS_H
#define LARDER_AWS_SETTINGS_H

#include <larder/types.h>

/* Options that every AWS driver offers in its [backend]; AWS_CLIENT_OPTIONS fills the table, `struct aws_settings`
 * is a field of the driver's instance. */
struct aws_settings {
	const char *endpoint, *region;
	const char *access_key, *secret_key, *session_token;   /* SECRET; NULL: the chain's next */
	const char *const *credentials;   /* which sources, in which order; NULL: the whole chain */
	const char *profile;              /* of AWS's own files */
	bool anonymous;
	const char *ca_file;
	uint32_t addressing;              /* enum aws_addressing */
	uint32_t payload_signing;         /* enum aws_payload_signing */
	uint32_t dual_stack, fips;        /* enum aws_switch */
	int64_t connect, first_byte, stall, whole;              /* ns */
	int64_t attempts;
};

enum aws_switch { AWS_SWITCH_AUTO = 0, AWS_SWITCH_YES = 1, AWS_SWITCH_NO = 2 };   /* auto: what the environment says */
enum aws_payload_signing { AWS_PAYLOAD_AUTO = 0, AWS_PAYLOAD_YES = 1, AWS_PAYLOAD_NO = 2 };

#define AWS_CLIENT_OPTIONS(instance, field)                                                                           \
	{ .key = "endpoint", .type = LARDER_STRING, .at = offsetof (instance, field.endpoint),                                \
	  .help = "address of the service, http://HOST:PORT; AWS's own when it is left out" },                            \
	{ .key = "region", .type = LARDER_STRING, .at = offsetof (instance, field.region),                                    \
	  .help = "region; else AWS_REGION, AWS_DEFAULT_REGION or the profile's" },                                       \
	{ .key = "access-key", .type = LARDER_SECRET, .at = offsetof (instance, field.access_key),                            \
	  .help = "access key id; else as credentials says" },                                                            \
	{ .key = "secret-key", .type = LARDER_SECRET, .at = offsetof (instance, field.secret_key),                            \
	  .help = "secret key that goes with it" },                                                                       \
	{ .key = "session-token", .type = LARDER_SECRET, .at = offsetof (instance, field.session_token),                      \
	  .help = "session token of temporary credentials" },                                                             \
	{ .key = "credentials", .type = LARDER_LIST, .at = offsetof (instance, field.credentials), .argument = "SOURCE,…",    \
	  .help = "where keys come from, in order: static, environment, profile, web-identity, container, instance; or no-NAME to leave one out" }, \
	{ .key = "profile", .type = LARDER_STRING, .at = offsetof (instance, field.profile),                                  \
	  .help = "profile of AWS's config and credentials files; else AWS_PROFILE, else default" },                      \
	{ .key = "anonymous", .type = LARDER_BOOL, .at = offsetof (instance, field.anonymous), .def = "no",                   \
	  .help = "sign nothing: for what everybody may read" },                                                          \
	{ .key = "ca-file", .type = LARDER_PATH, .at = offsetof (instance, field.ca_file),                                    \
	  .help = "certificates to trust, PEM (or a folder of such, named by hash); else AWS_CA_BUNDLE, else the system's" },                                  \
	{ .key = "addressing", .type = LARDER_ENUM, .at = offsetof (instance, field.addressing), .def = "auto",               \
	  .values = "auto|path|host", .help = "where the bucket's name goes; auto: path for custom endpoints and dotted names" }, \
	{ .key = "payload-signing", .type = LARDER_ENUM, .at = offsetof (instance, field.payload_signing), .def = "auto",     \
	  .values = "auto|yes|no", .help = "sign the bytes too; auto: only without TLS" },                                \
	{ .key = "dual-stack", .type = LARDER_ENUM, .at = offsetof (instance, field.dual_stack), .def = "auto",               \
	  .values = "auto|yes|no", .help = "AWS's endpoints for IPv6 and IPv4; auto: AWS_USE_DUALSTACK_ENDPOINT" },       \
	{ .key = "fips", .type = LARDER_ENUM, .at = offsetof (instance, field.fips), .def = "auto",                           \
	  .values = "auto|yes|no", .help = "AWS's FIPS endpoints; auto: AWS_USE_FIPS_ENDPOINT" },                         \
	{ .key = "connect-timeout", .type = LARDER_DURATION, .at = offsetof (instance, field.connect), .def = "5s",           \
	  .help = "longest time to connect", .min = 1000000, .max = INT64_C (3600000000000) },                            \
	{ .key = "reply-timeout", .type = LARDER_DURATION, .at = offsetof (instance, field.first_byte), .def = "60s",         \
	  .help = "longest wait for a reply to begin", .min = 1000000, .max = INT64_C (3600000000000) },                  \
	{ .key = "stall-timeout", .type = LARDER_DURATION, .at = offsetof (instance, field.stall), .def = "20s",              \
	  .help = "longest time without a byte moving", .min = 1000000, .max = INT64_C (3600000000000) },                 \
	{ .key = "request-timeout", .type = LARDER_DURATION, .at = offsetof (instance, field.whole), .def = "0",              \
	  .help = "longest time for one request; 0: none" },                                                              \
	{ .key = "attempts", .type = LARDER_INT, .at = offsetof (instance, field.attempts), .def = "3",                       \
	  .help = "tries of one request", .min = 1, .max = 100 }

#endif
