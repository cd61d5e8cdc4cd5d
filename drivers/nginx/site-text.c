/* site-text.c: lines of a [cdn] to the configuration of nginx: a cache with its behaviors, and behind a socket the origin, whose answers are made fit for it first. */
#include "site-text.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "lines.h"
#include "text.h"
#include "words-text.h"

#define WRITTEN "# Written by `larder infra apply` and `larder dev up`, and written anew by them: what is changed here by hand is lost.\n"

struct behavior {
	const char *name;                /* its pattern, or "default" */
	long order;
};

struct writing {
	const struct ng_site *site;
	const struct lines *lines;
	struct larder_arena *arena;
	struct buffer *into;
	struct ng_origin origin;
	const char *domain;
	struct behavior *behaviors;
	size_t count;
	struct larder_error *error;
};

static int
refuse (const struct writing *writing, const char *path, const char *value)
{
	return larder_fail_next (writing->error, LARDER_E_INVALID, "another value", "%s = %s cannot be told to nginx", path, value ? value : "");
}

static const char *
behavior_value (const struct writing *writing, const struct behavior *behavior, const char *below)
{
	return lines_in (writing->lines, "behavior", behavior->name, below);
}

static bool
is_yes (const char *value)
{
	return value && strcmp (value, "yes") == 0;
}

/* ---- its behaviors, in order ---- */

static int
by_order (const void *one, const void *other)
{
	const struct behavior *a = one, *b = other;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The one without a pattern is the last, as whatever no other takes is its. */
static int
take_behaviors (struct writing *writing)
{
	size_t room = 0;
	for (size_t n = 0; n < writing->lines->count; n++) {
		const char *below, *name = path_member_of (writing->arena, writing->lines->at[n].path, "behavior", &below);
		if (!name || strcmp (below, ".origin") != 0)
			continue;
		struct behavior *all = arena_more (writing->arena, writing->behaviors, writing->count, &room, sizeof *all);
		if (!all)
			return larder_fail_memory (writing->error);
		const char *order = lines_in (writing->lines, "behavior", name, ".order");
		writing->behaviors = all;
		all[writing->count++] = (struct behavior) { name, strcmp (name, "default") == 0 || !order ? 1L << 30 : strtol (order, NULL, 10) };
	}
	if (writing->count)
		qsort (writing->behaviors, writing->count, sizeof *writing->behaviors, by_order);
	return 0;
}

/* ---- who may read it from a page of another site ---- */

/* Each rule a number; a page gets that of the first which names its origin, and the method that it uses or is about to use. */
static int
put_rule (struct writing *writing, const struct ng_names *rules, size_t n)
{
	struct ng_names origins, methods;
	if (!ng_members (writing->arena, writing->lines, rules->at[n].path, ".origin", &origins) || !ng_members (writing->arena, writing->lines, rules->at[n].path, ".method", &methods))
		return larder_fail_memory (writing->error);
	for (size_t m = 0; m < methods.count; m++) {
		if (!ng_is_token (methods.at[m].name))
			return refuse (writing, methods.at[m].path, "yes");
		for (size_t k = 0; k < origins.count; k++) {
			buffer_printf (writing->into, "\t\"~(?s)^%s (?=.)", methods.at[m].name);
			ng_put_pattern (writing->into, origins.at[k].name, false);
			buffer_printf (writing->into, "\\z\" %zu;\n", n);
		}
	}
	return 0;
}

static int
put_rules (struct writing *writing, const struct ng_names *rules)
{
	const char *id = writing->site->id;
	int code = 0;
	buffer_printf (writing->into, "map \"$asked $http_origin\" $rule_%s {\n\tdefault \"\";\n", id);
	for (size_t n = 0; code == 0 && n < rules->count; n++)
		code = put_rule (writing, rules, n);
	buffer_printf (writing->into, "}\nmap $rule_%s $let_in_%s {\n\tdefault \"\";\n", id, id);
	for (size_t n = 0; n < rules->count; n++) {
		const char *any = arena_printf (writing->arena, "%s.origin[*]", rules->at[n].path);
		buffer_printf (writing->into, "\t%zu %s;\n", n, any && lines_value (writing->lines, any) ? "*" : "$http_origin");
	}
	buffer_printf (writing->into, "}\nmap \"$request_method$let_in_%s\" $refused_%s {\n\tdefault 0;\n\tOPTIONS 1;\n}\n", id, id);
	return code;
}

/* One header of an answer, by the rule: a list of members, joined. `first`: of an OPTIONS alone. */
static int
put_list (struct writing *writing, const struct ng_names *rules, const char *variable, const char *below, bool first)
{
	struct buffer *into = writing->into;
	buffer_printf (into, "map \"%s $rule_%s\" $%s_%s {\n\tdefault \"\";\n", first ? "$request_method" : "", writing->site->id, variable, writing->site->id);
	for (size_t n = 0; n < rules->count; n++) {
		struct ng_names all;
		if (!ng_members (writing->arena, writing->lines, rules->at[n].path, below, &all))
			return larder_fail_memory (writing->error);
		bool any = all.count && strcmp (all.at[0].name, "*") == 0 && first;
		if (all.count)
			buffer_printf (into, "\t\"%s %zu\" \"%s", first ? "OPTIONS" : "", n, any ? "$http_access_control_request_headers" : "");
		for (size_t k = 0; k < all.count; k++) {
			if (!ng_is_token (all.at[k].name))
				return refuse (writing, all.at[k].path, "yes");
			if (!any)
				buffer_printf (into, "%s%s", k ? ", " : "", all.at[k].name);
		}
		if (all.count)
			buffer_add_text (into, "\";\n");
	}
	buffer_add_text (into, "}\n");
	return 0;
}

static int
put_ages (struct writing *writing, const struct ng_names *rules)
{
	buffer_printf (writing->into, "map \"$request_method $rule_%s\" $age_%s {\n\tdefault \"\";\n", writing->site->id, writing->site->id);
	for (size_t n = 0; n < rules->count; n++) {
		const char *path = arena_printf (writing->arena, "%s.max-age", rules->at[n].path), *age = path ? lines_value (writing->lines, path) : NULL;
		if (age && !ng_is_number (age))
			return refuse (writing, path, age);
		if (age)
			buffer_printf (writing->into, "\t\"OPTIONS %zu\" %s;\n", n, age);
	}
	buffer_add_text (writing->into, "}\n");
	return 0;
}

static int
put_cors (struct writing *writing, const struct ng_names *rules)
{
	int code = put_rules (writing, rules);
	if (code == 0)
		code = put_list (writing, rules, "methods", ".method", true);
	if (code == 0)
		code = put_list (writing, rules, "headers", ".header", true);
	if (code == 0)
		code = put_list (writing, rules, "expose", ".expose", false);
	return code == 0 ? put_ages (writing, rules) : code;
}

/* ---- one behavior ---- */

static int
put_times (struct writing *writing, const struct behavior *behavior)
{
	static const char *const names[] = { ".min-ttl", ".default-ttl", ".max-ttl" };
	static const char *const usual[] = { "0", "86400", "31536000" };
	buffer_add_text (writing->into, "\t\tproxy_set_header X-Larder-Times \"");
	for (size_t n = 0; n < 3; n++) {
		const char *value = behavior_value (writing, behavior, names[n]);
		if (value && !ng_is_number (value))
			return refuse (writing, path_of_member (writing->arena, "behavior", behavior->name, names[n]), value);
		buffer_printf (writing->into, "%s%s", n ? " " : "", value ? value : usual[n]);
	}
	buffer_add_text (writing->into, "\";\n");
	return 0;
}

/* Which methods it takes; what else comes is refused, as what comes in clear is where it is not let. */
static void
put_gates (struct writing *writing, const struct behavior *behavior, bool cors)
{
	static const char *const methods[] = { "GET", "HEAD", "OPTIONS" };
	const char *viewer = behavior_value (writing, behavior, ".viewer"), *options = behavior_value (writing, behavior, ".method[OPTIONS]"), *join = "";
	if (!viewer || strcmp (viewer, "redirect-to-https") == 0)
		buffer_printf (writing->into, "\t\tif ($https = \"\") { return 301 https://%s$request_uri; }\n", writing->domain);
	else if (strcmp (viewer, "allow-all") != 0)
		buffer_add_text (writing->into, "\t\tif ($https = \"\") { return 403; }\n");
	buffer_add_text (writing->into, "\t\tif ($request_method !~ \"^(");
	for (size_t n = 0; n < sizeof methods / sizeof *methods; n++) {
		const char *below = arena_printf (writing->arena, ".method[%s]", methods[n]);
		if (below && behavior_value (writing, behavior, below))
			buffer_printf (writing->into, "%s%s", join, methods[n]), join = "|";
	}
	buffer_add_text (writing->into, ")\\z\") { return 403; }\n");
	if (options && cors)
		buffer_printf (writing->into, "\t\tif ($refused_%s) { return 403; }\n", writing->site->id);
	if (options)
		buffer_printf (writing->into, "\t\tif ($request_method = OPTIONS) { return %s; }\n", cors ? "200" : "403");
}

static int
put_behavior (struct writing *writing, const struct behavior *behavior, bool cors)
{
	struct buffer *into = writing->into;
	const char *pattern = behavior->name + (*behavior->name == '/');
	if (strcmp (behavior->name, "default") == 0)
		buffer_add_text (into, "\n\tlocation / {\n");
	else {
		buffer_add_text (into, "\n\tlocation ~ \"(?s)^/");
		ng_put_pattern (into, pattern, true);
		buffer_add_text (into, "\\z\" {\n");
	}
	put_gates (writing, behavior, cors);
	if (lines_value (writing->lines, "key-group"))
		buffer_add_text (into, "\t\treturn 403;                     # a signature is asked for, and none can be looked at here\n");
	int code = put_times (writing, behavior);
	buffer_printf (into, "\t\tgzip %s;\n\t\tproxy_set_header Connection \"\";\n\t\trewrite \"^\" \"%s$uri?\" break;\n\t\tproxy_pass http://unix:sites/%s/origin.sock:;\n\t}\n",
		is_yes (behavior_value (writing, behavior, ".compress")) ? "on" : "off", writing->origin.path, writing->site->id);
	return code;
}

/* ---- the edge, and what is behind it ---- */

static const char *
protocols (const char *least)
{
	return !least || strncmp (least, "TLSv1.2", 7) == 0 ? "TLSv1.2 TLSv1.3" : strncmp (least, "TLSv1.3", 7) == 0 ? "TLSv1.3" : strncmp (least, "TLSv1.1", 7) == 0 ? "TLSv1.1 TLSv1.2 TLSv1.3" : "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";
}

static void
put_listen (struct writing *writing)
{
	const struct ng_site *site = writing->site;
	const char *version = lines_value (writing->lines, "http-version");
	buffer_printf (writing->into, "\tlisten %s%s ssl%s;\n", writing->domain, ng_has_port (writing->domain) ? "" : ":443", version && strcmp (version, "http1.1") == 0 ? "" : " http2");
	if (site->clear)
		buffer_printf (writing->into, "\tlisten %s;\n", site->clear);
	buffer_printf (writing->into, "\tssl_certificate sites/%s/certificate.pem;\n\tssl_certificate_key sites/%s/key.pem;\n\tssl_protocols %s;\n", site->id, site->id,
		protocols (lines_value (writing->lines, "tls")));
	buffer_printf (writing->into, "\terror_page 497 =301 https://%s$request_uri;\n", writing->domain);
}

static void
put_headers (struct writing *writing, bool cors)
{
	const char *id = writing->site->id;
	buffer_add_text (writing->into, "\tadd_header X-Cache $larder_cache always;\n");
	if (cors)
		buffer_printf (writing->into, "\tadd_header Access-Control-Allow-Origin $let_in_%s always;\n\tadd_header Access-Control-Allow-Methods $methods_%s always;\n"
			"\tadd_header Access-Control-Allow-Headers $headers_%s always;\n\tadd_header Access-Control-Expose-Headers $expose_%s always;\n"
			"\tadd_header Access-Control-Max-Age $age_%s always;\n\tadd_header Vary Origin always;\n", id, id, id, id, id);
}

static int
put_edge (struct writing *writing, bool cors)
{
	const char *id = writing->site->id;
	int code = 0;
	buffer_add_text (writing->into, "\nserver {\n");
	put_listen (writing);
	put_headers (writing, cors);
	buffer_printf (writing->into, "\tproxy_cache edge_%s;\n\tproxy_cache_key $uri;\n\tproxy_cache_lock on;\n\tproxy_force_ranges on;\n\tproxy_http_version 1.1;\n\tproxy_pass_request_headers off;\n"
		"\tproxy_pass_request_body off;\n\tproxy_ignore_headers Cache-Control Expires;\n\tlocation = / { return 403; }\n", id);
	for (size_t n = 0; code == 0 && n < writing->count; n++)
		code = put_behavior (writing, &writing->behaviors[n], cors);
	buffer_add_text (writing->into, "}\n");
	return code;
}

/* nginx holds the names of a certificate against a name, and never its addresses against an address: of this machine's own the name is known. */
static int
put_trust (struct writing *writing)
{
	char host[256];
	ng_host_of (writing->origin.base + strlen ("https://"), host, sizeof host);
	bool here = strcmp (host, "127.0.0.1") == 0 || strcmp (host, "::1") == 0, address = strspn (host, "0123456789.") == strlen (host) || strchr (host, ':');
	if (!ng_is_quotable (writing->site->origin_ca))
		return refuse (writing, "origin-ca-file", writing->site->origin_ca);
	if (address && !here)
		return larder_fail_next (writing->error, LARDER_E_INVALID, "endpoint = https://NAME in the [backend] of the store", "nginx cannot tell by the address %s whose certificate it is", host);
	buffer_printf (writing->into, "\t\tproxy_ssl_verify on;\n\t\tproxy_ssl_verify_depth 5;\n\t\tproxy_ssl_server_name on;\n\t\tproxy_ssl_name %s;\n\t\tproxy_ssl_trusted_certificate \"%s\";\n",
		here ? "localhost" : host, writing->site->origin_ca);
	return 0;
}

/* What the cache asks: the origin, with the secret, and with what its answers have to say about times put into a form that the cache obeys. */
static int
put_origin (struct writing *writing)
{
	const struct ng_site *site = writing->site;
	struct buffer *into = writing->into;
	buffer_printf (into, "\nserver {\n\tlisten unix:sites/%s/origin.sock;\n\tlocation / {\n", site->id);
	if (writing->origin.folder)
		buffer_printf (into, "\t\tset $folder \"%s\";\n\t\tset $key $uri;\n\t\troot \"%s\";\n\t\tetag off;\n\t\trewrite \"^\" $larder_file break;\n\t\tjs_header_filter edge.folder;\n", writing->origin.base, writing->origin.base);
	else
		buffer_printf (into, "\t\tproxy_pass %s;\n\t\tproxy_http_version 1.1;\n\t\tproxy_pass_request_headers off;\n\t\tproxy_set_header Connection \"\";\n\t\tinclude sites/%s/secret.conf;\n"
			"\t\tjs_header_filter edge.origin;\n", writing->origin.base, site->id);
	int code = writing->origin.tls ? put_trust (writing) : 0;
	buffer_add_text (into, "\t}\n}\n");
	return code;
}

static int
write_all (struct writing *writing)
{
	struct ng_names rules;
	if (!ng_members (writing->arena, writing->lines, "", "cors", &rules))
		return larder_fail_memory (writing->error);
	buffer_add_text (writing->into, "# ");
	text_escape (writing->into, writing->site->identity);
	buffer_printf (writing->into, "\n" WRITTEN "proxy_cache_path sites/%s/cache levels=1:2 keys_zone=edge_%s:1m inactive=400d max_size=1g use_temp_path=off;\n", writing->site->id, writing->site->id);
	int code = rules.count ? put_cors (writing, &rules) : 0;
	if (code == 0)
		code = put_edge (writing, rules.count > 0);
	if (code == 0)
		code = put_origin (writing);
	return code == 0 && writing->into->failed ? larder_fail_memory (writing->error) : code;
}

/* ---- what it is made of ---- */

static int
check_values (struct writing *writing)
{
	const char *url = ng_origin_url (writing->lines);
	writing->domain = lines_value (writing->lines, "domain");
	if (!writing->domain)
		return larder_fail_next (writing->error, LARDER_E_INVALID, "domain = 127.0.0.1:8443 in the [cdn], or another address of this machine", "[cdn] has no domain: nginx does not know where to answer");
	if (!ng_is_address (writing->domain))
		return refuse (writing, "domain", writing->domain);
	if (writing->site->clear && !ng_is_address (writing->site->clear))
		return refuse (writing, "http", writing->site->clear);
	if (!url)
		return larder_fail_next (writing->error, LARDER_E_INVALID, "a store whose bucket is on a server of this machine, or in a folder", "its store does not tell where its objects are asked for");
	return ng_origin_of (writing->arena, url, &writing->origin) ? 0 : refuse (writing, "origin[*].url", url);
}

int
ng_site_text (const struct ng_site *site, const struct lines *lines, struct buffer *into, struct larder_error *error)
{
	struct writing writing = { .site = site, .lines = lines, .arena = lines->arena, .into = into, .error = error };
	int code = take_behaviors (&writing);
	if (code == 0)
		code = check_values (&writing);
	return code == 0 ? write_all (&writing) : code;
}

void
ng_secret_text (const char *secret, struct buffer *into)
{
	buffer_printf (into, "proxy_set_header Referer %s;\n", secret);
}

/* ---- the whole ---- */

void
ng_main_text (const struct ng_main *main, struct buffer *into)
{
	buffer_printf (into, WRITTEN "load_module %s/ngx_http_js_module.so;\n%spid nginx.pid;\nworker_processes 2;\nevents { worker_connections 1024; }\n", main->modules, main->root ? "user root;\n" : "");
	buffer_add_text (into, "http {\n\taccess_log off;\n\tserver_tokens off;\n\tmerge_slashes off;\n\tdefault_type application/octet-stream;\n\tserver_names_hash_bucket_size 128;\n"
		"\tmap_hash_bucket_size 512;\n\tvariables_hash_max_size 4096;\n\tclient_body_temp_path tmp/body;\n\tproxy_temp_path tmp/proxy;\n\tfastcgi_temp_path tmp/fastcgi;\n\tuwsgi_temp_path tmp/uwsgi;\n\tscgi_temp_path tmp/scgi;\n"
		"\tgzip_proxied any;\n\tgzip_vary on;\n\tgzip_min_length 1000;\n"
		"\tgzip_types application/javascript application/json application/xml font/ttf image/bmp image/svg+xml image/x-icon text/css text/csv text/javascript text/markdown text/plain text/xml;\n"
		"\tjs_import edge from edge.js;\n\tjs_set $larder_file edge.file;\n"
		"\tmap $upstream_cache_status $larder_cache { default \"Miss from nginx\"; \"\" \"\"; HIT \"Hit from nginx\"; }\n"
		"\tmap $request_method $asked { default $request_method; OPTIONS $http_access_control_request_method; }\n");
	buffer_printf (into, "\tserver {\n\t\tlisten unix:state.sock;\n\t\tlocation / { return 200 %s; }\n\t}\n\tinclude sites/*/site.conf;\n}\n", main->digest);
}
