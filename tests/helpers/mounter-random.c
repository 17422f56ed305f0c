// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mounter random: operations on mounts below a directory that a seed tells. What there
 * is to work on is read from mountinfo before each, for propagation makes mounts and
 * takes them away as well. The number of mounts stays bounded: nothing is done that
 * would make them more than MOST.
 */
#include "mounter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000		/* include/uapi/linux/fcntl.h */
#endif

#define WQT_MOST 60				/* mounts; from ENOUGH on it mostly unmounts */
#define WQT_ENOUGH 45

static uint64_t state;
static char root[256];

static struct mounted {
	char path[512];
	unsigned shared, master;
} mounts[WQT_MOST + 1];
static unsigned nmounts;

/* splitmix64: any seed will do. */
static unsigned below(unsigned n)
{
	uint64_t x = state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return (unsigned) ((x ^ x >> 31) % n);
}

/* Is path at or below the other one? */
static int is_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || !path[len]);
}

static void read_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096];

	if (!f)
		fail("mountinfo");
	nmounts = 0;
	while (fgets(line, sizeof(line), f)) {
		struct mounted *m = &mounts[nmounts];
		const char *shared = strstr(line, " shared:"), *master = strstr(line, " master:");

		if (sscanf(line, "%*u %*u %*s %*s %511s", m->path) != 1 || !is_in(m->path, root))
			continue;
		m->shared = shared ? (unsigned) strtoul(shared + 8, NULL, 10) : 0;
		m->master = master ? (unsigned) strtoul(master + 8, NULL, 10) : 0;
		if (++nmounts > WQT_MOST) {
			fprintf(stderr, "mounter: more than %d mounts\n", WQT_MOST);
			exit(1);
		}
	}
	fclose(f);
	if (!nmounts) {
		fprintf(stderr, "mounter: %s is no mount\n", root);
		exit(1);
	}
}

/* A mount, but not the first, which is the caller's. NULL: there is none, or it hides. */
static const char *some_mount(void)
{
	const char *path = mounts[below(nmounts)].path;

	return strcmp(path, root) != 0 ? path : NULL;
}

/* A directory in some mount; ret has room. */
static char *some_dir(char *ret, size_t size)
{
	static const char *const deeper[] = { "", "", "/s" };
	const char *path = mounts[below(nmounts)].path;
	unsigned number = below(12);
	const char *last = deeper[below(3)];
	size_t len;

	/* Binds in binds make paths long. */
	if (strlen(path) > 200)
		path = root;
	snprintf(ret, size, "%.500s/d%u", path, number);
	if (access(ret, F_OK))
		snprintf(ret, size, "%.500s/d%u", path, number % 4);
	if (access(ret, F_OK))
		snprintf(ret, size, "%.500s/s", path);
	len = strlen(ret);
	snprintf(ret + len, size - len, "%s", last);
	if (access(ret, F_OK))
		ret[len] = '\0';
	return ret;
}

/* Is there room for a tree of so many mounts at the target, where it may go to others too? */
static int room(unsigned tree, const char *target)
{
	unsigned i, to = 1, shared = 0;

	for (i = 0; i < nmounts; i++)
		if (is_in(target, mounts[i].path))
			shared |= mounts[i].shared;
	/* Mounts hide others of the same path, slaves have slaves: count all that may hear. */
	for (i = 0; shared && i < nmounts; i++)
		to += mounts[i].shared || mounts[i].master;
	return nmounts + tree * to <= WQT_MOST;
}

/* How many mounts a recursive bind of the path makes, at most. */
static unsigned tree_of(const char *path)
{
	unsigned i, n = 1;

	for (i = 0; i < nmounts; i++)
		n += is_in(mounts[i].path, path);
	return n;
}

static int make_dirs(int at, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "d%u", i);
		if (mkdirat(at, name, 0755) && errno != EEXIST)
			return -1;
		snprintf(name, sizeof(name), "d%u/s", i);
		if (mkdirat(at, name, 0755) && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int skip(void)
{
	errno = EBUSY;
	return -1;
}

static int put_tmpfs(const char *target, unsigned flags)
{
	int fd = room(1, target) ? new_tmpfs("random") : skip(), ret;

	if (fd < 0)
		return -1;
	ret = make_dirs(fd, 4) || attach(fd, target, flags) ? -1 : 0;
	close(fd);
	return ret;
}

static int op_mount(void)
{
	char target[600];
	int fd, ret;

	if (!room(1, some_dir(target, sizeof(target))))
		return skip();
	if (mount("random", target, "tmpfs", 0, NULL))
		return -1;
	fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = make_dirs(fd, 4);
	close(fd);
	return ret;
}

static int op_fsmount(void)
{
	char target[600];

	return put_tmpfs(some_dir(target, sizeof(target)), 0);
}

static int op_over(void)
{
	const char *target = some_mount();

	return target ? put_tmpfs(target, 0) : skip();
}

static int op_beneath(void)
{
	const char *target = some_mount();

	return target ? put_tmpfs(target, WQT_MOVE_BENEATH) : skip();
}

static int bind(unsigned long flags)
{
	char from[600], to[600];
	unsigned tree;

	some_dir(from, sizeof(from));
	if (below(2))
		snprintf(from, sizeof(from), "%s", mounts[below(nmounts)].path);
	tree = flags & MS_REC ? tree_of(from) : 1;
	if (!room(tree, some_dir(to, sizeof(to))))
		return skip();
	return mount(from, to, NULL, MS_BIND | flags, NULL);
}

static int op_bind(void)
{
	return bind(0);
}

static int op_rbind(void)
{
	return bind(MS_REC);
}

/* Most have others on them: try some. */
static int op_umount(void)
{
	int i, ret = skip();

	for (i = 0; ret && i < 4; i++) {
		const char *path = some_mount();

		ret = path ? umount2(path, 0) : skip();
	}
	return ret;
}

static int op_lazy(void)
{
	const char *path = some_mount();

	return path ? umount2(path, MNT_DETACH) : skip();
}

/* What is on a shared mount can't be moved, and nothing can into itself: try some. */
static int op_move(void)
{
	int i, ret = skip();

	for (i = 0; ret && i < 4; i++) {
		const char *from = some_mount();
		char to[600];

		if (from && room(tree_of(from), some_dir(to, sizeof(to))))
			ret = mount(from, to, NULL, MS_MOVE, NULL);
	}
	return ret;
}

static int op_remount(void)
{
	return mount(NULL, mounts[below(nmounts)].path, NULL, MS_REMOUNT | (below(2) ? MS_RDONLY : 0), NULL);
}

static int op_remount_bind(void)
{
	static const unsigned long flags[] = { 0, MS_RDONLY, MS_NODEV, MS_RDONLY | MS_NOSUID };

	return mount(NULL, mounts[below(nmounts)].path, NULL, MS_REMOUNT | MS_BIND | flags[below(4)], NULL);
}

static int op_setattr(void)
{
	static const unsigned flags[] = { WQT_ATTR_RDONLY, WQT_ATTR_NODEV, WQT_ATTR_NOSUID, WQT_ATTR_NOEXEC };
	struct attributes attr = { 0 };
	unsigned i = below(5);

	if (i == 4) {
		attr.clear = WQT_ATTR_ATIME;
		attr.set = below(2) ? WQT_ATTR_NOATIME : 0;
	} else {
		*(below(2) ? &attr.set : &attr.clear) = flags[i];
	}
	return set_attributes(mounts[below(nmounts)].path, below(4) ? 0 : AT_RECURSIVE, &attr);
}

/* Of what is shared nothing can be moved away: more often private. */
static unsigned some_propagation(void)
{
	static const unsigned known[] = {
		MS_PRIVATE, MS_PRIVATE, MS_PRIVATE, MS_SHARED, MS_SHARED, MS_SLAVE, MS_UNBINDABLE,
	};

	return known[below(sizeof(known) / sizeof(known[0]))];
}

static int op_propagation(void)
{
	struct attributes attr = { .propagation = some_propagation() };

	return set_attributes(mounts[below(nmounts)].path, below(4) ? 0 : AT_RECURSIVE, &attr);
}

static int op_oldpropagation(void)
{
	unsigned long flags = some_propagation() | (below(4) ? 0 : MS_REC);

	return mount(NULL, mounts[below(nmounts)].path, NULL, flags, NULL);
}

static int op_reconfigure(void)
{
	static const char *const sizes[] = { "1m", "2m", "3m" };
	const char *path = mounts[below(nmounts)].path;

	if (below(2))
		return reconfigure(path, "size", sizes[below(3)]);
	return reconfigure(path, below(2) ? "ro" : "rw", NULL);
}

static struct operation {
	const char *did;
	unsigned weight;
	int (*run)(void);
	unsigned long times;
} operations[] = {
	{ "unmounted", 6, op_umount, 0 },
	{ "lazily", 1, op_lazy, 0 },
	{ "mounted", 8, op_mount, 0 },
	{ "fsmounted", 3, op_fsmount, 0 },
	{ "over", 2, op_over, 0 },
	{ "beneath", 3, op_beneath, 0 },
	{ "bound", 5, op_bind, 0 },
	{ "rbound", 4, op_rbind, 0 },
	{ "moved", 7, op_move, 0 },
	{ "remounted", 4, op_remount, 0 },
	{ "bind-remounted", 4, op_remount_bind, 0 },
	{ "setattr", 6, op_setattr, 0 },
	{ "propagation", 6, op_propagation, 0 },
	/* Those that wake nobody: last. */
	{ "old-propagation", 4, op_oldpropagation, 0 },
	{ "reconfigured", 4, op_reconfigure, 0 },
};

static struct operation *some_operation(unsigned n)
{
	unsigned i, all = 0, at;

	if (nmounts >= WQT_ENOUGH && below(4))
		n = 2;
	for (i = 0; i < n; i++)
		all += operations[i].weight;
	at = below(all);
	for (i = 0; at >= operations[i].weight; i++)
		at -= operations[i].weight;
	return &operations[i];
}

void random_operations(uint64_t seed, unsigned long n, const char *dir, int attributes_too)
{
	unsigned known = sizeof(operations) / sizeof(operations[0]), use = attributes_too ? known : known - 2, i, most = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *real = realpath(dir, NULL);
	unsigned long skipped = 0;

	if (fd < 0 || !real || strlen(real) >= sizeof(root) || make_dirs(fd, 12))
		fail(dir);
	close(fd);
	strcpy(root, real);
	free(real);
	for (state = seed; n--; ) {
		struct operation *op;

		read_mounts();
		most = nmounts > most ? nmounts : most;
		op = some_operation(use);
		if (!op->run())
			op->times++;
		else if (errno == EBUSY || errno == EINVAL || errno == ENOENT || errno == ELOOP || errno == EPERM)
			skipped++;
		else
			fail(op->did);
	}
	for (i = 0; i < use; i++)
		printf("%s %lu ", operations[i].did, operations[i].times);
	printf("skipped %lu; mounts: at most %u\n", skipped, most);
}
