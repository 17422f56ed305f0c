// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keytree make TOP: makes what the others work on: keyrings in TOP and in each other,
 * and keys. Prints their serials, the keyrings first.
 *
 * keytree run SEED OPERATIONS all|seen SERIAL...: random operations on the tree with
 * these serials (of make): add, link, unlink, move, clear, displace, update, revoke,
 * and invalidate. `all` has time-outs that run out, and keys that nobody watches
 * invalidated, too; `seen` has only what a watcher of these serials is told of by some
 * record. The last is always a key that is linked into the first keyring: "end".
 *
 * keytree list SERIAL...: "KEYRING MEMBER..." in order for each that is a keyring and
 * can be read. keytree tree SERIAL...: the same of all that are in these, too.
 */
#include <errno.h>
#include <keyutils.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WQT_RINGS	5
#define WQT_KEYS	6
#define WQT_NAMES	8	/* descriptions that new keys have: so few displace each other */

static uint32_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static int make(key_serial_t top)
{
	key_serial_t rings[WQT_RINGS];
	char desc[32];
	int i;

	for (i = 0; i < WQT_RINGS; i++) {
		snprintf(desc, sizeof(desc), "ring-%d", i);
		rings[i] = add_key("keyring", desc, NULL, 0, i < 2 ? top : rings[i - 2]);
		printf("%d ", rings[i]);
	}
	for (i = 0; i < WQT_KEYS; i++) {
		snprintf(desc, sizeof(desc), "key-%d", i);
		printf("%d ", add_key("user", desc, "x", 1, rings[i % WQT_RINGS]));
	}
	printf("\n");
	return 0;
}

/* A member of @ring, or 0. */
static key_serial_t any_member(key_serial_t ring)
{
	key_serial_t members[256];
	long n = keyctl_read(ring, (char *) members, sizeof(members)) / (long) sizeof(members[0]);

	return n > 0 ? members[below(n < 256 ? (uint32_t) n : 256)] : 0;
}

/* Whether @key is among @ours, from the @i-th on. */
static bool is_ours(key_serial_t key, const key_serial_t *ours, int i)
{
	for (; i < WQT_RINGS + WQT_KEYS; i++)
		if (ours[i] == key)
			return true;
	return false;
}

static void operate(const key_serial_t *ours, bool all)
{
	key_serial_t ring = ours[below(WQT_RINGS)], to = ours[below(WQT_RINGS)];
	key_serial_t member = any_member(ring), key = below(2) ? member : ours[below(WQT_RINGS + WQT_KEYS)];
	char desc[32];

	snprintf(desc, sizeof(desc), "%s-%u", below(3) ? "new" : "key", below(WQT_NAMES));
	switch (below(100)) {
	case 0 ... 29:
		key = add_key("user", desc, "x", 1, ring);
		if (all && below(3) == 0)
			keyctl_set_timeout(key, 1);
		break;
	case 30 ... 37:		/* a keyring always displaces the one of its name */
		add_key("keyring", desc, NULL, 0, ring);
		break;
	case 38 ... 52:
		keyctl_link(key, ring);
		break;
	case 53 ... 67:
		keyctl_unlink(member, ring);
		break;
	case 68 ... 77:
		keyctl_move(member, ring, to, 0);
		break;
	case 78 ... 85:
		keyctl_update(key, "y", 1);
		break;
	case 86 ... 89:
		keyctl_clear(ring);
		break;
	case 90 ... 93:
		keyctl_setperm(key, 0x3f3f0000);
		break;
	case 94 ... 96:		/* a revoked keyring is of no further use: seldom */
		if (!is_ours(key, ours, 0) || below(10) == 0)
			keyctl_revoke(key);
		break;
	default:
		if (all ? !is_ours(key, ours, 0) || below(5) == 0 : is_ours(key, ours, WQT_RINGS))
			keyctl_invalidate(key);
		break;
	}
}

static int run(char **argv, int nargs)
{
	unsigned long n = strtoul(argv[1], NULL, 10), i;
	bool all = strcmp(argv[2], "all") == 0;
	key_serial_t ours[WQT_RINGS + WQT_KEYS];

	seed = (uint32_t) strtoul(argv[0], NULL, 10) * 2654435761u + 1;
	if (nargs != 3 + WQT_RINGS + WQT_KEYS)
		return 1;
	for (i = 0; i < WQT_RINGS + WQT_KEYS; i++)
		ours[i] = (key_serial_t) atol(argv[3 + i]);
	for (i = 0; i < n; i++) {
		operate(ours, all);
		if (below(40) == 0)
			usleep(below(20000));
	}
	/* ring-0 may be gone: any that is left. */
	for (i = 0; i < WQT_RINGS; i++)
		if (add_key("user", "end", "x", 1, ours[i]) > 0)
			return 0;
	printf("nothing left\n");
	return 0;
}

static int compare(const void *a, const void *b)
{
	const key_serial_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static key_serial_t pending[65536];
static int npending;

static void add_todo(key_serial_t key)
{
	int i;

	for (i = 0; i < npending && pending[i] != key; i++)
		;
	if (i == npending && npending < 65536)
		pending[npending++] = key;
}

static int list(char **argv, int nargs, bool deep)
{
	static key_serial_t members[65536];
	int i, j;

	for (i = 0; i < nargs; i++)
		add_todo((key_serial_t) atol(argv[i]));
	for (i = 0; i < npending; i++) {
		char desc[256];
		long n;

		if (keyctl_describe(pending[i], desc, sizeof(desc)) < 0 || strncmp(desc, "keyring;", 8) != 0)
			continue;
		n = keyctl_read(pending[i], (char *) members, sizeof(members));
		if (n < 0)
			continue;
		n /= (long) sizeof(members[0]);
		qsort(members, (size_t) n, sizeof(members[0]), compare);
		printf("%d", pending[i]);
		for (j = 0; j < n; j++) {
			printf(" %d", members[j]);
			if (deep)
				add_todo(members[j]);
		}
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "make") == 0)
		return make((key_serial_t) atol(argv[2]));
	if (argc > 4 && strcmp(argv[1], "run") == 0)
		return run(argv + 2, argc - 2);
	if (argc > 2 && strcmp(argv[1], "list") == 0)
		return list(argv + 2, argc - 2, false);
	if (argc > 2 && strcmp(argv[1], "tree") == 0)
		return list(argv + 2, argc - 2, true);
	return 1;
}
