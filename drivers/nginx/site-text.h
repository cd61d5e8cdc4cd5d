/* site-text.h: lines of a [cdn] to the configuration of nginx. Pure: no file is read, and nothing of a value can become a directive. */
#ifndef LARDER_NGINX_SITE_TEXT_H
#define LARDER_NGINX_SITE_TEXT_H

#include <larder/types.h>

struct buffer;
struct larder_arena;
struct lines;

/* Beside the lines of a [cdn], what is known of where it is served. */
struct ng_site {
	const char *id;                  /* letters and digits: its folder below sites/, its zone, its maps */
	const char *identity;            /* for whoever reads the file */
	const char *clear;               /* HOST:PORT where it answers without TLS, beside its domain; or NULL */
	const char *origin_ca;           /* who vouches for an origin over TLS */
};
/* The text of sites/ID/site.conf. INVALID: a value that nginx cannot be told, with its line. */
int ng_site_text (const struct ng_site *site, const struct lines *lines, struct buffer *into, struct larder_error *error);
/* What sends the secret by which the origin lets it in, sites/ID/secret.conf. */
void ng_secret_text (const char *secret, struct buffer *into);

/* nginx.conf, which takes in all sites. `digest`: of all of it, told to whoever asks by the socket `state`. */
struct ng_main { const char *modules, *digest; bool root; };
void ng_main_text (const struct ng_main *main, struct buffer *into);

/* Where an origin is: "http://HOST:PORT" and "/BUCKET", or of "file://" the folder. false: it is none. */
struct ng_origin { const char *base, *path; bool folder, tls; };
bool ng_origin_of (struct larder_arena *arena, const char *url, struct ng_origin *ret);
/* "HOST:PORT" that nginx can listen to, and in `host` its host, of a certificate; without a port it is 443. */
bool ng_is_address (const char *text);
void ng_host_of (const char *address, char *ret, size_t room);
/* The lines' origin[*].url; NULL. */
const char *ng_origin_url (const struct lines *lines);

/* What nginx does not do itself: edge.js. */
extern const char *const ng_script[];      /* its lines, ended by NULL */

#endif
