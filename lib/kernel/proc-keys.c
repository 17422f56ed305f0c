// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading /proc/keys, whose lines may be forged. security/keys/proc.c: proc_keys_show().
 *
 * What cannot be forged: each key that the reader may view has a line of its own, the kernel
 * lists serials ascending, and KEYCTL_DESCRIBE. So the only line of a key that the kernel
 * describes is genuine. Of several lines with one serial, the one is genuine that follows the
 * last line of a key whose description, and so its number of lines, is known.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/key-describe.h"
#include "kernel/not-supported.h"
#include "kernel/proc-keys.h"
#include "models/names.h"

#define WQ_TYPE_SHOWN	9	/* bytes of a type that the kernel prints */

struct wq_proc_keys {
	char *text;
	size_t size;			/* bytes of text, without the NUL behind it */
	struct wq_proc_key *keys;
	size_t count;
};

/* ---- Reading ---- */

int wq_proc_keys_open(struct wq_error *e)
{
	int fd = open("/proc/keys", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = errno;
	struct statfs fs;

	if (fd < 0)
		return wq_fail(e, wq_error_kind_of(WQ_CALL_PROC, err), err,
			       "/proc/keys: can't open: %s; mount all of proc on /proc, or allow it in the container", strerror(err));
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return fd;
	close(fd);
	return wq_fail(e, WQ_NOTSUPP, ENXIO,
		       "/proc/keys: can't read the keys: another file is mounted over it, as container engines do; run watchq outside of the container, or have its engine unmask /proc/keys");
}

static int read_text(struct wq_proc_keys *pk, int fd)
{
	size_t room = 0;

	for (;;) {
		ssize_t n;

		if (room - pk->size < 4096) {
			char *more = realloc(pk->text, room = 2 * room + 16384);

			if (!more)
				return -ENOMEM;
			pk->text = more;
		}
		n = read(fd, pk->text + pk->size, room - pk->size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		pk->text[pk->size += (size_t) n] = '\0';
		if (n == 0)
			return 0;
	}
}

/* ---- Parsing ---- */

/* "perm", "expd", or a number and its unit. */
static bool parse_left(struct wq_proc_key *k, const char *left)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	unsigned i;
	char *end;

	k->expired = strcmp(left, "expd") == 0;
	if (k->expired || strcmp(left, "perm") == 0)
		return true;
	k->left = strtoul(left, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end > left && *end == units[i].letter && !end[1]) {
			k->unit = units[i].seconds;
			k->left *= k->unit;
			return true;
		}
	return false;
}

/* "%08x flags usage left permissions uid gid type text". Return whether the line looks so. */
static bool parse_line(struct wq_proc_key *k, char *line)
{
	char flags[8], left[16];
	int uid, gid, type = 0, text = 0;

	memset(k, 0, sizeof(*k));
	if (strspn(line, "0123456789abcdef") != 8 || line[8] != ' ' ||
	    sscanf(line, "%8x %7[-IRDQUNi] %*u %15s %8x %d %d %n%*s %n", &k->serial, flags, left, &k->perm, &uid, &gid,
		   &type, &text) != 6 || !type || !text || !parse_left(k, left))
		return false;
	k->uid = (uint32_t) uid;
	k->gid = (uint32_t) gid;
	k->type = line + type;
	k->text = line + text;
	line[type + (int) strcspn(line + type, " ")] = '\0';
	k->invalidated = strchr(flags, 'i');
	k->revoked = strpbrk(flags, "RD");
	/* What is revoked is listed as if it had expired. */
	if (k->revoked)
		k->expired = false;
	return true;
}

static int parse(struct wq_proc_keys *pk)
{
	char *line = pk->text, *end = pk->text + pk->size, *newline;
	size_t lines = 0, n = 0;

	for (newline = line; (newline = memchr(newline, '\n', (size_t) (end - newline))); newline++)
		lines++;
	pk->keys = calloc(lines + 1, sizeof(*pk->keys));
	if (!pk->keys)
		return -ENOMEM;
	for (; (newline = memchr(line, '\n', (size_t) (end - line))); line = newline + 1, n++) {
		*newline = '\0';
		if (!parse_line(&pk->keys[pk->count], line))
			continue;
		pk->keys[pk->count++].line = n;
	}
	return 0;
}

/* ---- The order of the lines ---- */

static int compare(const void *a, const void *b)
{
	const struct wq_proc_key *x = *(struct wq_proc_key *const *) a, *y = *(struct wq_proc_key *const *) b;

	return (x->serial > y->serial) - (x->serial < y->serial);
}

static int find_doubles(struct wq_proc_keys *pk)
{
	struct wq_proc_key **sorted = calloc(pk->count + 1, sizeof(struct wq_proc_key *));
	size_t i;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < pk->count; i++)
		sorted[i] = &pk->keys[i];
	qsort(sorted, pk->count, sizeof(struct wq_proc_key *), compare);
	for (i = 1; i < pk->count; i++)
		if (sorted[i]->serial == sorted[i - 1]->serial)
			sorted[i]->unique = sorted[i - 1]->unique = false;
	free(sorted);
	return 0;
}

static int mark(struct wq_proc_keys *pk)
{
	uint32_t most = 0, least = UINT32_MAX;
	bool ascend = true;
	size_t i;

	for (i = 0; i < pk->count; i++) {
		struct wq_proc_key *k = &pk->keys[i];

		k->unique = true;
		k->in_order = k->serial > most;
		ascend &= k->in_order;
		most = k->in_order ? k->serial : most;
	}
	if (ascend)
		return 0;
	for (i = pk->count; i--; least = pk->keys[i].serial < least ? pk->keys[i].serial : least)
		pk->keys[i].in_order &= pk->keys[i].serial < least;
	return find_doubles(pk);
}

int wq_proc_keys_read(struct wq_proc_keys **out, struct wq_error *e)
{
	struct wq_proc_keys *pk;
	int fd = wq_proc_keys_open(e), rc;

	if (fd < 0)
		return fd;
	pk = calloc(1, sizeof(*pk));
	rc = pk ? read_text(pk, fd) : -ENOMEM;
	close(fd);
	if (!rc)
		rc = parse(pk);
	if (!rc)
		rc = mark(pk);
	if (rc) {
		wq_proc_keys_free(pk);
		return wq_fail(e, WQ_FAILURE, -rc, "/proc/keys: can't read: %s", strerror(-rc));
	}
	*out = pk;
	return 0;
}

void wq_proc_keys_free(struct wq_proc_keys *pk)
{
	if (!pk)
		return;
	free(pk->keys);
	free(pk->text);
	free(pk);
}

size_t wq_proc_keys_count(const struct wq_proc_keys *pk)
{
	return pk->count;
}

const struct wq_proc_key *wq_proc_keys_at(const struct wq_proc_keys *pk, size_t i)
{
	return &pk->keys[i];
}

/* ---- Checking ---- */

static bool agrees(const struct wq_proc_key *k, const struct wq_name *n)
{
	return k->uid == n->uid && k->gid == n->gid && k->perm == n->perm && strncmp(k->type, n->type, WQ_TYPE_SHOWN) == 0;
}

static size_t newlines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* Whether the line comes right behind the last one of a key that is known. */
static bool is_anchored(const struct wq_proc_keys *pk, size_t i)
{
	size_t line = pk->keys[i].line;

	while (i--) {
		const struct wq_proc_key *k = &pk->keys[i];
		struct wq_name *n = k->unique ? wq_key_describe((int32_t) k->serial) : NULL;
		size_t next = n ? k->line + newlines(n->desc) + 1 : 0;

		wq_name_unref(n);
		if (n)
			return next == line;
	}
	return line == 0;
}

/* What KEYCTL_DESCRIBE says of the key if it is as listed. security/keys/permission.c: key_validate() */
static int expected(const struct wq_proc_key *k)
{
	return k->invalidated ? ENOKEY : k->revoked ? EKEYREVOKED : k->expired ? EKEYEXPIRED : 0;
}

enum wq_proc_key_verdict wq_proc_keys_check(const struct wq_proc_keys *pk, size_t i, int *state)
{
	const struct wq_proc_key *k = &pk->keys[i];
	struct wq_name *n = wq_key_describe((int32_t) k->serial);
	bool agreed;

	*state = n ? 0 : errno;
	agreed = *state == expected(k) && (!n || agrees(k, n));
	wq_name_unref(n);
	if (!agreed)
		return WQ_PROC_KEY_FORGED;
	if (k->unique && (*state == 0 || (*state != ENOKEY && k->in_order)))
		return WQ_PROC_KEY_GENUINE;
	/* What does not exist is described no other than what is invalidated. */
	if (*state == ENOKEY && !(k->unique && k->in_order))
		return WQ_PROC_KEY_UNCERTAIN;
	return is_anchored(pk, i) ? WQ_PROC_KEY_GENUINE : WQ_PROC_KEY_UNCERTAIN;
}

/* ---- Names ---- */

static const char *whole_type(const char *type)
{
	static const char *const longer[] = { "asymmetric", "cifs.spnego", "cifs.idmap", "dns_resolver", "id_resolver" };
	size_t i;

	for (i = 0; strlen(type) == WQ_TYPE_SHOWN && i < sizeof(longer) / sizeof(longer[0]); i++)
		if (strncmp(type, longer[i], WQ_TYPE_SHOWN) == 0)
			return longer[i];
	return type;
}

struct wq_name *wq_proc_keys_name(const struct wq_proc_key *k)
{
	static const char *const known[] = { "user", "logon", "keyring" };
	size_t i, len = 0;
	const char *end;

	/* These add ": " and a number, or "empty". */
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(k->type, known[i]) == 0)
			for (end = k->text; (end = strstr(end, ": ")); end++)
				len = (size_t) (end - k->text);
	if (!len || (strspn(k->text + len + 2, "0123456789") != strlen(k->text + len + 2) &&
		     strcmp(k->text + len + 2, "empty") != 0))
		return NULL;
	return wq_name_new(k->serial, k->uid, k->gid, k->perm, whole_type(k->type), strlen(whole_type(k->type)), k->text, len);
}
