/* fault-codes.c: what each code of an error reply means to us: our own code, what it counts as when it comes
 * inside a 2xx, whether to try again, and what the reader can do. Data. */
#include "inner.h"

#include <string.h>

#define CREDENTIALS "check access-key and secret-key of the [backend] section, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
#define PERMISSION "ask whoever runs the store to allow this action to these credentials"
#define FRESH "get fresh temporary credentials and set all three of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN"
#define BUCKET "check the bucket's name and endpoint in the configuration, or create the bucket"
#define CLOCK "set this machine's clock (timedatectl set-ntp true)"
#define AGAIN "try again later"
#define SLOWER "try again later, with fewer requests at a time"
#define SERVER "set server in the [backend] section to what answers there"
#define SPACE "free space on the server, or raise its quota"
#define CHANGED "somebody else wrote it meanwhile: look at it, then decide"
#define DAMAGED "try again; if it stays, look for faulty memory or a proxy that changes bytes"
#define FILES "choose a key that is no folder of another and below no other object: this server keeps keys as files"
#define RESTORE "restore the object first, and wait until that is done"

#define REFUSED "the service refuses what was asked: see its words above; " SERVER

#define ROW(name, larder, status, retry, next) { name, LARDER_E_##larder, status, AWS_RETRY_##retry, next }

/* By name, in byte order. */
static const struct aws_fault_row rows[] = {
	ROW ("AccessDenied", DENIED, 403, NEVER, PERMISSION),
	ROW ("AccessDeniedException", DENIED, 403, NEVER, PERMISSION),
	ROW ("AccountProblem", DENIED, 403, NEVER, "ask the service about the account"),
	ROW ("AllAccessDisabled", DENIED, 403, NEVER, "ask the service about the bucket"),
	ROW ("AuthFailure", DENIED, 403, NEVER, CREDENTIALS),
	ROW ("AuthorizationHeaderMalformed", INVALID, 400, NEVER, "set region in the [backend] section to the bucket's"),
	ROW ("BadDigest", INTEGRITY, 400, NEVER, DAMAGED),
	ROW ("BandwidthLimitExceeded", UNAVAILABLE, 503, THROTTLED, SLOWER),
	ROW ("BucketAlreadyExists", CONFLICT, 409, NEVER, "it is owned by another account: choose another name, for bucket names are shared with everybody"),
	ROW ("BucketAlreadyOwnedByYou", CONFLICT, 409, NEVER, "the bucket is there and yours: use it"),
	ROW ("BucketNotEmpty", CONFLICT, 409, NEVER, "remove its objects, versions and uploads first"),
	ROW ("CNAMEAlreadyExists", CONFLICT, 409, NEVER, "take the alias from the distribution that has it, or leave it out here"),
	ROW ("ConditionalRequestConflict", CONFLICT, 409, TRANSIENT, "somebody else writes it at this moment: look at it, then decide"),
	ROW ("ContentSHA256Mismatch", INTEGRITY, 400, NEVER, DAMAGED),
	ROW ("CredentialsNotSupported", DENIED, 400, NEVER, CREDENTIALS),
	ROW ("DirectoryObjectContainsData", INVALID, 400, NEVER, "choose a key without '/' at its end: on this server such objects hold no bytes"),
	ROW ("EC2ThrottledException", UNAVAILABLE, 503, THROTTLED, SLOWER),
	ROW ("EntityTooLarge", LIMIT, 400, NEVER, "write it in parts, or make it smaller"),
	ROW ("EntityTooSmall", INVALID, 400, NEVER, "make the parts larger: all but the last have at least 5 MiB"),
	ROW ("ExistingObjectIsDirectory", CONFLICT, 409, NEVER, FILES),
	ROW ("ExpiredToken", DENIED, 400, NEVER, FRESH),
	ROW ("ExpiredTokenException", DENIED, 400, NEVER, FRESH),
	ROW ("GlacierExpeditedRetrievalNotAvailable", UNAVAILABLE, 503, TRANSIENT, "ask for tier Standard, or run it again later: the service has no room for Expedited now, and what was asked for so far stays asked for"),
	ROW ("IllegalLocationConstraintException", INVALID, 400, NEVER, "set region in the [backend] section to the bucket's"),
	ROW ("IncompleteBody", INTEGRITY, 400, NEVER, "try again: fewer bytes arrived than were announced; MinIO says so too while its disk fills up"),
	ROW ("InsufficientStorage", NOSPACE, 507, NEVER, SPACE),
	ROW ("InternalError", UNAVAILABLE, 500, TRANSIENT, AGAIN),
	ROW ("InternalFailure", UNAVAILABLE, 500, TRANSIENT, AGAIN),
	ROW ("InvalidAccessKeyId", DENIED, 403, NEVER, CREDENTIALS),
	ROW ("InvalidArgument", INVALID, 400, NEVER, REFUSED),
	ROW ("InvalidBucketName", INVALID, 400, NEVER, "names have 3 to 63 lower-case letters, digits, '-' and '.'"),
	ROW ("InvalidClientTokenId", DENIED, 403, NEVER, CREDENTIALS),
	ROW ("InvalidDigest", INTEGRITY, 400, NEVER, DAMAGED),
	ROW ("InvalidObjectState", NOTREADY, 403, NEVER, RESTORE),
	ROW ("InvalidPart", CONFLICT, 400, NEVER, "start the upload anew: the service no longer has one of its parts"),
	ROW ("InvalidRange", INVALID, 416, NEVER, "ask for a range that begins inside the object"),
	ROW ("InvalidSignatureException", DENIED, 403, NEVER, CREDENTIALS),
	ROW ("InvalidStorageClass", UNSUPPORTED, 400, NEVER, "use a class that this server has, STANDARD at any rate"),
	ROW ("InvalidTag", INVALID, 400, NEVER, "an object has at most 10 tags; some servers take plain ASCII in them alone"),
	ROW ("InvalidToken", DENIED, 400, NEVER, FRESH),
	ROW ("InvalidTokenId", DENIED, 403, NEVER, FRESH),
	ROW ("InvalidViewerCertificate", INVALID, 400, NEVER, "certificate = ARN of one in us-east-1 that covers every alias"),
	ROW ("KMS.DisabledException", DENIED, 400, NEVER, "enable the encryption key, or name another"),
	ROW ("KMSNotConfigured", UNSUPPORTED, 501, NEVER, "give the server a key for encryption, or leave out encryption"),
	ROW ("KeyTooLongError", INVALID, 400, NEVER, "keys have at most 1024 bytes"),
	ROW ("LimitExceededException", UNAVAILABLE, 429, THROTTLED, SLOWER),
	ROW ("MalformedXML", INVALID, 400, NEVER, SERVER),
	ROW ("MetadataTooLarge", LIMIT, 400, NEVER, "names and values of metadata have 2 KiB together"),
	ROW ("MethodNotAllowed", UNSUPPORTED, 405, NEVER, SERVER),
	ROW ("MissingAuthenticationToken", DENIED, 403, NEVER, CREDENTIALS),
	ROW ("MissingSecurityHeader", INVALID, 400, NEVER, SERVER),
	ROW ("NoSuchBucket", NOTFOUND, 404, NEVER, BUCKET),
	ROW ("NoSuchKey", NOTFOUND, 404, NEVER, "check the key: upper and lower case differ"),
	ROW ("NoSuchUpload", NOTFOUND, 404, NEVER, "start the upload anew: it was finished or aborted"),
	ROW ("NoSuchVersion", NOTFOUND, 404, NEVER, "list the versions of the key"),
	ROW ("NotImplemented", UNSUPPORTED, 501, NEVER, "this server cannot do that; " SERVER),
	ROW ("NotSignedUp", DENIED, 403, NEVER, "sign the account up for the service"),
	ROW ("ObjectAlreadyInActiveTierError", CONFLICT, 403, NEVER, "the object can be read as it is"),
	ROW ("ObjectParentIsFile", CONFLICT, 409, NEVER, FILES),
	ROW ("ObjectNotInActiveTierError", NOTREADY, 403, NEVER, RESTORE),
	ROW ("OperationAborted", CONFLICT, 409, TRANSIENT, "try again: another request for it was under way"),
	ROW ("PermanentRedirect", INVALID, 301, NEVER, "set region or endpoint in the [backend] section to the bucket's"),
	ROW ("PreconditionFailed", CONFLICT, 412, NEVER, CHANGED),
	ROW ("PriorRequestNotComplete", UNAVAILABLE, 400, THROTTLED, AGAIN),
	ROW ("ProvisionedThroughputExceededException", UNAVAILABLE, 400, THROTTLED, SLOWER),
	ROW ("QuotaExceeded", NOSPACE, 403, NEVER, SPACE),
	ROW ("RequestExpired", DENIED, 400, NEVER, CLOCK),
	ROW ("RequestLimitExceeded", UNAVAILABLE, 503, THROTTLED, SLOWER),
	ROW ("RequestThrottled", UNAVAILABLE, 400, THROTTLED, SLOWER),
	ROW ("RequestThrottledException", UNAVAILABLE, 400, THROTTLED, SLOWER),
	ROW ("RequestTimeTooSkewed", DENIED, 403, NEVER, CLOCK),
	ROW ("RequestTimeout", UNAVAILABLE, 400, TRANSIENT, AGAIN),
	ROW ("RequestTimeoutException", UNAVAILABLE, 400, TRANSIENT, AGAIN),
	ROW ("RestoreAlreadyInProgress", NOTREADY, 409, NEVER, "wait until the restore is done"),
	ROW ("ServiceUnavailable", UNAVAILABLE, 503, TRANSIENT, AGAIN),
	ROW ("SignatureDoesNotMatch", DENIED, 403, NEVER, "check secret-key, and that no proxy changes requests on the way"),
	ROW ("SlowDown", UNAVAILABLE, 503, THROTTLED, SLOWER),
	ROW ("SlowDownRead", UNAVAILABLE, 503, THROTTLED, SLOWER),
	ROW ("SlowDownWrite", UNAVAILABLE, 503, THROTTLED, SLOWER),
	ROW ("ThrottledException", UNAVAILABLE, 400, THROTTLED, SLOWER),
	ROW ("Throttling", UNAVAILABLE, 400, THROTTLED, SLOWER),
	ROW ("ThrottlingException", UNAVAILABLE, 400, THROTTLED, SLOWER),
	ROW ("TokenRefreshRequired", DENIED, 400, NEVER, FRESH),
	ROW ("TooManyBuckets", LIMIT, 400, NEVER, "remove buckets, or have the account's limit raised"),
	ROW ("TooManyDistributions", LIMIT, 400, NEVER, "remove distributions, or have the account's limit raised"),
	ROW ("TooManyRequests", UNAVAILABLE, 429, THROTTLED, SLOWER),
	ROW ("TooManyRequestsException", UNAVAILABLE, 429, THROTTLED, SLOWER),
	ROW ("TransactionInProgressException", UNAVAILABLE, 400, THROTTLED, SLOWER),
	ROW ("UnrecognizedClientException", DENIED, 400, NEVER, CREDENTIALS),
	ROW ("XAdminUserNotFound", DENIED, 404, NEVER, CREDENTIALS),   /* versitygw's InvalidAccessKeyId */
	ROW ("XAmzContentChecksumMismatch", INTEGRITY, 400, NEVER, DAMAGED),
	ROW ("XAmzContentSHA256Mismatch", INTEGRITY, 400, NEVER, DAMAGED),
	ROW ("XMinioAdminBucketQuotaExceeded", NOSPACE, 403, NEVER, SPACE),
	ROW ("XMinioInvalidObjectName", INVALID, 400, NEVER, "choose a key without '.', '..' and empty parts between its slashes"),
	ROW ("XMinioObjectExistsAsDirectory", CONFLICT, 409, NEVER, FILES),
	ROW ("XMinioParentIsObject", CONFLICT, 400, NEVER, FILES),
	ROW ("XMinioServerNotInitialized", UNAVAILABLE, 503, TRANSIENT, AGAIN),
	ROW ("XMinioStorageFull", NOSPACE, 507, NEVER, SPACE),
};

/* Replies without a code of their own, those to HEAD above all. */
static const struct aws_fault_row by_status[] = {
	ROW ("", INVALID, 301, NEVER, "set region or endpoint in the [backend] section to the bucket's"),
	ROW ("", INVALID, 307, NEVER, "set region or endpoint in the [backend] section to the bucket's"),
	ROW ("", INVALID, 400, NEVER, "check region and endpoint in the [backend] section"),
	ROW ("", DENIED, 401, NEVER, CREDENTIALS),
	ROW ("", DENIED, 403, NEVER, PERMISSION),
	ROW ("", NOTFOUND, 404, NEVER, "check bucket, key and version"),
	ROW ("", UNSUPPORTED, 405, NEVER, SERVER),
	ROW ("", DENIED, 407, NEVER, "check the proxy in https_proxy and its credentials"),
	ROW ("", UNAVAILABLE, 408, TRANSIENT, AGAIN),
	ROW ("", CONFLICT, 409, NEVER, CHANGED),
	ROW ("", NOTFOUND, 410, NEVER, "check bucket, key and version"),
	ROW ("", UNSUPPORTED, 411, NEVER, SERVER),
	ROW ("", CONFLICT, 412, NEVER, CHANGED),
	ROW ("", LIMIT, 413, NEVER, "make it smaller, or raise the limit of a proxy on the way"),
	ROW ("", INVALID, 416, NEVER, "ask for a range that begins inside the object"),
	ROW ("", UNAVAILABLE, 429, THROTTLED, SLOWER),
	ROW ("", UNAVAILABLE, 500, TRANSIENT, AGAIN),
	ROW ("", UNSUPPORTED, 501, NEVER, SERVER),
	ROW ("", UNAVAILABLE, 502, TRANSIENT, AGAIN),
	ROW ("", UNAVAILABLE, 503, TRANSIENT, AGAIN),
	ROW ("", UNAVAILABLE, 504, TRANSIENT, AGAIN),
	ROW ("", NOSPACE, 507, NEVER, SPACE),
};

static const struct aws_fault_row other = ROW ("", INVALID, 400, NEVER, REFUSED);
static const struct aws_fault_row other_server = ROW ("", UNAVAILABLE, 500, NEVER, AGAIN);
static const struct aws_fault_row locked = ROW ("", DENIED, 403, NEVER, "object lock keeps it: wait for the end of its retention, or have its legal hold taken off");
static const struct aws_fault_row other_minio = ROW ("XMinio", UNSUPPORTED, 400, NEVER, SERVER);

/* Object lock has no code of its own: AWS and versitygw say AccessDenied, MinIO InvalidRequest. The words tell. */
static bool
is_locked (const struct aws_fault *fault)
{
	return (strcmp (fault->code, "AccessDenied") == 0 && strstr (fault->message, "object lock"))
		|| (strcmp (fault->code, "InvalidRequest") == 0 && strstr (fault->message, "WORM protected"));
}

const struct aws_fault_row *
aws_fault_row (const struct aws_fault *fault, bool *ret_known)
{
	*ret_known = true;
	if (is_locked (fault))
		return &locked;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp (rows[i].code, fault->code) == 0)
			return &rows[i];
	if (strncmp (fault->code, "XMinio", 6) == 0 && fault->status < 500)
		return &other_minio;
	*ret_known = false;
	for (size_t i = 0; i < sizeof by_status / sizeof *by_status; i++)
		if (by_status[i].status == fault->status)
			return &by_status[i];
	return fault->status >= 500 ? &other_server : &other;
}
