// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * key:KEY, nokey:KEY: that it can be used. revoked:KEY, expired:KEY. linked:KEYRING/TYPE:DESC:
 * that the keyring has that member.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conditions/condition.h"
#include "kernel/not-supported.h"
#include "models/names.h"
#include "sources/keys.h"

enum key_state { WQ_STATE_NONE, WQ_STATE_VALID, WQ_STATE_REVOKED, WQ_STATE_EXPIRED };

/* ---- What is named ---- */

static bool is_named(const struct wq_condition *c)
{
	return c->key[0] == '%' || c->of_user;
}

/* "%TYPE:DESC" and "%:DESC". */
static int split(struct wq_condition *c, const char *text, size_t len, const char *desc)
{
	c->type = len ? strndup(text, len) : strdup("keyring");
	c->desc = strdup(desc);
	return c->type && c->desc ? 0 : -ENOMEM;
}

/* What can't be looked for at all; what isn't there may come. */
static int check(struct wq_condition *c, struct wq_error *e)
{
	int32_t serial;
	int rc = wq_key_permitted(e);

	if (!rc)
		rc = wq_key_resolve(c->key, &serial, e);
	return rc && (e->kind == WQ_NOTSUPP || rc == -EINVAL) ? rc : 0;
}

/* Where the type begins: %TYPE:DESC, UID:TYPE:DESC. NULL: KEY has none. */
static const char *find_type(struct wq_condition *c)
{
	char *end;

	if (c->key[0] == '%')
		return c->key + 1;
	c->uid = (uint32_t) strtoul(c->key, &end, 10);
	c->of_user = end > c->key && *end == ':';
	return c->of_user ? end + 1 : NULL;
}

static int parse_key(struct wq_condition *c, struct wq_error *e)
{
	const char *type, *colon;

	c->key = strdup(c->object);
	if (!c->key)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	type = find_type(c);
	colon = type ? strchr(type, ':') : NULL;
	if (colon && split(c, type, (size_t) (colon - type), colon + 1))
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	return check(c, e);
}

static int parse_linked(struct wq_condition *c, struct wq_error *e)
{
	const char *slash = strchr(c->object, '/'), *colon = slash ? strchr(slash, ':') : NULL;

	if (!colon || slash == c->object || colon == slash + 1)
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s: expected linked:KEYRING/TYPE:DESCRIPTION", c->text);
	c->key = strndup(c->object, (size_t) (slash - c->object));
	if (!c->key || split(c, slash + 1, (size_t) (colon - slash - 1), colon + 1))
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	return check(c, e);
}

static bool is_name(const struct wq_condition *c, const struct wq_name *n)
{
	return strcmp(n->type, c->type) == 0 && strcmp(n->desc, c->desc) == 0 && (!c->of_user || n->uid == c->uid);
}

/* ---- Looking ---- */

/* enum key_state; -errno. *@name: what it is called, where that can be known. */
static int state_of(int32_t serial, struct wq_name **name)
{
	*name = wq_key_describe(serial);
	if (*name)
		return WQ_STATE_VALID;
	switch (errno) {
	case ENOKEY:
		return WQ_STATE_NONE;
	case EKEYREVOKED:
		return WQ_STATE_REVOKED;
	case EKEYEXPIRED:
		return WQ_STATE_EXPIRED;
	case EACCES:	/* security/keys/process_keys.c: it has been found valid before */
	case EMSGSIZE:
		return WQ_STATE_VALID;
	default:
		return -errno;
	}
}

/* It is this one, and valid. */
static void know(struct wq_condition *c, int32_t serial, struct wq_name *name)
{
	wq_name_unref(c->known);
	c->known = name;
	c->serial = serial;
}

/* The state of what is named now, as c->found has it. */
static int look_up(struct wq_condition *c, struct wq_error *e)
{
	struct wq_error why = { 0 };
	struct wq_name *name = NULL;
	int32_t serial = 0;
	int rc = wq_key_resolve(c->key, &serial, &why), state;

	if (rc)
		know(c, 0, NULL);
	if (rc == -EKEYREVOKED || rc == -EKEYEXPIRED)
		return rc == -EKEYREVOKED ? WQ_STATE_REVOKED : WQ_STATE_EXPIRED;
	if (rc) {
		if (why.kind != WQ_NOTSUPP)
			return WQ_STATE_NONE;
		*e = why;
		return rc;
	}
	state = state_of(serial, &name);
	if (state < 0)
		return wq_key_fail(e, c->key, -state);
	if (state == WQ_STATE_VALID)
		know(c, serial, wq_name_ref(name));
	else
		know(c, 0, NULL);
	if (state != WQ_STATE_NONE)
		c->found.key = (uint32_t) serial;
	c->found.name = name;
	return state;
}

static int look_key(struct wq_condition *c, struct wq_error *e)
{
	int state = look_up(c, e);

	return state < 0 ? state : state == WQ_STATE_VALID;
}

static int look_nokey(struct wq_condition *c, struct wq_error *e)
{
	int state = look_up(c, e);

	return state < 0 ? state : state != WQ_STATE_VALID;
}

/* Whether the key that it was is in that state now: another may have its name. */
static int look_for(struct wq_condition *c, enum key_state wanted, struct wq_error *e)
{
	struct wq_name *name = NULL;
	int state = c->serial ? state_of(c->serial, &name) : WQ_STATE_NONE;

	if (state > WQ_STATE_NONE) {
		c->found.key = (uint32_t) c->serial;
		c->found.name = name ? name : wq_name_ref(c->known);
		return state == (int) wanted;
	}
	if (state < 0)
		return wq_key_fail(e, c->key, -state);
	if (!is_named(c) && c->key[0] != '@' && c->serial)
		return wq_fail(e, WQ_FAILURE, ENOKEY, "%s: the key is gone, and was not %s", c->key,
			       wanted == WQ_STATE_REVOKED ? "revoked" : "expired");
	know(c, 0, NULL);
	state = look_up(c, e);
	if (state == WQ_STATE_NONE && !is_named(c) && c->key[0] != '@')
		return wq_fail(e, WQ_FAILURE, ENOKEY, "%s: there is no such key", c->key);
	return state < 0 ? state : state == (int) wanted;
}

static int look_revoked(struct wq_condition *c, struct wq_error *e)
{
	return look_for(c, WQ_STATE_REVOKED, e);
}

static int look_expired(struct wq_condition *c, struct wq_error *e)
{
	return look_for(c, WQ_STATE_EXPIRED, e);
}

static bool find_member(struct wq_condition *c, const int32_t *members, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n; i++) {
		struct wq_name *name = wq_key_describe(members[i]);

		if (name && is_name(c, name)) {
			c->found.member = name;
			c->found.member_key = (uint32_t) members[i];
			return true;
		}
		wq_name_unref(name);
	}
	return false;
}

static int look_linked(struct wq_condition *c, struct wq_error *e)
{
	int state = look_up(c, e);
	int32_t *members;
	ssize_t n;
	bool found;

	if (state != WQ_STATE_VALID)
		return state < 0 ? state : 0;
	n = wq_key_members(c->serial, &members);
	if (n == -ENOKEY || n == -EKEYREVOKED || n == -EKEYEXPIRED)
		return 0;
	if (n < 0)
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, (int) -n), (int) -n, "%s: can't read the keyring: %s", c->key,
			       strerror((int) -n));
	found = find_member(c, members, n);
	free(members);
	return found;
}

/* ---- Events ---- */

static bool is_event(const struct wq_event *ev, uint8_t what)
{
	return ev->rec.type_nr == WQ_TYPE_KEY && ev->rec.subtype_nr == what;
}

static bool is_member(const struct wq_condition *c, const struct wq_event *ev)
{
	return c->type && ev->aux_name && is_name(c, ev->aux_name);
}

static bool concerns(const struct wq_condition *c, const struct wq_event *ev)
{
	uint32_t serial = (uint32_t) c->serial;

	if (ev->rec.type_nr == WQ_TYPE_META && ev->rec.subtype_nr == WQ_META_REMOVAL)
		return true;
	if (ev->rec.type_nr != WQ_TYPE_KEY)
		return false;
	if (serial && (ev->key == serial || (ev->aux_kind == WQ_AUX_KEY && ev->aux == serial)))
		return true;
	if (is_event(ev, WQ_KEY_LINKED) || is_event(ev, WQ_KEY_UNLINKED))
		return !ev->aux_name || is_member(c, ev);
	/* Of a keyring on the way to it. */
	return !is_event(ev, WQ_KEY_UPDATED);
}

static bool is_about(const struct wq_condition *c, const struct wq_event *ev)
{
	uint32_t serial = (uint32_t) c->serial;

	return is_member(c, ev) || (serial && (ev->key == serial || (ev->aux_kind == WQ_AUX_KEY && ev->aux == serial)));
}

static bool is_there_by(const struct wq_condition *c, const struct wq_event *ev)
{
	return ev->mark == WQ_MARK_NONE && is_event(ev, WQ_KEY_LINKED) && is_named(c) && is_member(c, ev);
}

static bool is_linked_by(const struct wq_condition *c, const struct wq_event *ev)
{
	return ev->mark == WQ_MARK_NONE && is_event(ev, WQ_KEY_LINKED) && c->serial && ev->key == (uint32_t) c->serial &&
	       is_member(c, ev);
}

static bool is_revoked_by(const struct wq_condition *c, const struct wq_event *ev)
{
	return is_event(ev, WQ_KEY_REVOKED) && c->serial && ev->key == (uint32_t) c->serial;
}

static bool is_expired_by(const struct wq_condition *c, const struct wq_event *ev)
{
	return is_event(ev, WQ_KEY_EXPIRED) && c->serial && ev->key == (uint32_t) c->serial;
}

/* What isn't there may come from anywhere; what was found, or may not be viewed, nobody watches. */
static bool is_unheard(const struct wq_condition *c)
{
	return !c->serial || c->serial != c->watched;
}

/* It can be found no more when it has left a keyring that is not watched. */
static bool is_found_by_name(const struct wq_condition *c)
{
	return is_named(c) || is_unheard(c);
}

/* ---- Watching ---- */

static bool is_of_keys(const struct wq_condition *c)
{
	return c->key != NULL;
}

static bool is_there(const char *object)
{
	struct wq_error e = { 0 };
	int32_t serial;

	return wq_key_resolve(object, &serial, &e) == 0;
}

static bool keeps_key(const struct wq_condition *c)
{
	return c->kind == &wq_condition_revoked || c->kind == &wq_condition_expired;
}

/* The key as it is now, if it can be watched. */
static void add_key(struct wq_condition *c, char **objects, size_t *n)
{
	struct wq_error e = { 0 };
	struct wq_name *name;
	int32_t serial;

	c->watched = 0;
	/* The key that was meant when it was looked at first; another may have its name by now. */
	if (keeps_key(c) && c->serial)
		serial = c->serial;
	else if (wq_key_resolve(c->key, &serial, &e))
		return;
	if (state_of(serial, &name) != WQ_STATE_VALID)
		return;
	know(c, serial, name);
	if (!name)	/* it may not be viewed */
		return;
	c->watched = serial;
	snprintf(c->digits, sizeof(c->digits), "%d", serial);
	objects[(*n)++] = c->digits;
}

int wq_condition_keys_watch(struct wq_condition *const *c, size_t n, struct wq_monitor *m, struct wq_error *e)
{
	static char *const roots[] = { (char *) "@s", (char *) "@u", (char *) "@us" };
	struct wq_condition *first = NULL;
	bool members = false;
	size_t nobjects = 0, i;

	for (i = 0; i < n; i++) {
		if (!is_of_keys(c[i]))
			continue;
		if (!first) {
			first = c[i];
			free(first->objects);
			first->objects = calloc(n + sizeof(roots) / sizeof(roots[0]), sizeof(char *));
			if (!first->objects)
				return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
		}
		add_key(c[i], first->objects, &nobjects);
		members |= is_named(c[i]) || !c[i]->serial;
	}
	/* Where it may come from, or where it may leave. */
	for (i = 0; members && i < sizeof(roots) / sizeof(roots[0]); i++)
		if (is_there(roots[i]))
			first->objects[nobjects++] = roots[i];
	if (nobjects == 0)
		return 0;
	wq_monitor_set_keys(m, members, false);
	i = (size_t) wq_monitor_add(m, "keys", NULL, first->objects, nobjects, 1, 0, e);
	return (int) i < 0 ? (int) i : 1;
}

const struct wq_condition_kind wq_condition_key = {
	.name = "key", .object = "KEY", .source = "keys", .parse = parse_key,
	.look = look_key, .concerns = concerns, .is_about = is_about, .makes = is_there_by, .needs_looks = is_unheard,
};

const struct wq_condition_kind wq_condition_nokey = {
	.name = "nokey", .object = "KEY", .source = "keys", .parse = parse_key,
	.look = look_nokey, .concerns = concerns, .is_about = is_about, .needs_looks = is_found_by_name,
};

const struct wq_condition_kind wq_condition_revoked = {
	.name = "revoked", .object = "KEY", .source = "keys", .parse = parse_key,
	.look = look_revoked, .concerns = concerns, .is_about = is_about, .makes = is_revoked_by, .needs_looks = is_unheard,
};

const struct wq_condition_kind wq_condition_expired = {
	.name = "expired", .object = "KEY", .source = "keys", .parse = parse_key,
	.look = look_expired, .concerns = concerns, .is_about = is_about, .makes = is_expired_by, .needs_looks = is_unheard,
};

const struct wq_condition_kind wq_condition_linked = {
	.name = "linked", .object = "KEYRING/TYPE:DESC", .source = "keys", .parse = parse_linked,
	.look = look_linked, .concerns = concerns, .is_about = is_about, .makes = is_linked_by, .needs_looks = is_unheard,
};
