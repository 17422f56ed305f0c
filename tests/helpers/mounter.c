// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mounter OPERATION ARGUMENT...: changes mounts, in the ways that mount(8) has and in
 * those that it lacks. Where the kernel refuses it says so, with status 1.
 */
#include "mounter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000		/* include/uapi/linux/fcntl.h */
#endif

#define WQT_LEN(array) (sizeof(array) / sizeof((array)[0]))

void fail(const char *what)
{
	fprintf(stderr, "mounter: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void wrong(const char *what)
{
	fprintf(stderr, "mounter: what is %s?\n", what);
	exit(1);
}

static int config(int fd, unsigned cmd, const char *key, const char *value)
{
	return (int) syscall(SYS_fsconfig, fd, cmd, key, value, 0);
}

int new_tmpfs(const char *source)
{
	int fs = (int) syscall(SYS_fsopen, "tmpfs", 1), fd = -1;

	if (fs >= 0 && !config(fs, WQT_SET_STRING, "source", source) && !config(fs, WQT_CMD_CREATE, NULL, NULL))
		fd = (int) syscall(SYS_fsmount, fs, 1, 0);
	if (fs >= 0)
		close(fs);
	return fd;
}

int attach(int fd, const char *target, unsigned flags)
{
	return (int) syscall(SYS_move_mount, fd, "", AT_FDCWD, target, WQT_MOVE_EMPTY_PATH | flags);
}

int set_attributes(const char *path, unsigned flags, const struct attributes *attr)
{
	return (int) syscall(SYS_mount_setattr, AT_FDCWD, path, flags, attr, sizeof(*attr));
}

int reconfigure(const char *path, const char *key, const char *value)
{
	int fd = (int) syscall(SYS_fspick, AT_FDCWD, path, 1), ret;

	if (fd < 0)
		return -1;
	ret = config(fd, value ? WQT_SET_STRING : WQT_SET_FLAG, key, value);
	if (!ret)
		ret = config(fd, WQT_CMD_RECONFIGURE, NULL, NULL);
	close(fd);
	return ret;
}

static int open_tree_of(const char *path, unsigned flags)
{
	return (int) syscall(SYS_open_tree, AT_FDCWD, path, WQT_TREE_CLONE | O_CLOEXEC | flags);
}

static void do_fsmount(char **arg)
{
	int fd = new_tmpfs("fsm");

	if (fd < 0 || attach(fd, arg[0], 0))
		fail(arg[0]);
}

static void do_rbind(char **arg)
{
	int fd = open_tree_of(arg[0], AT_RECURSIVE);

	if (fd < 0 || attach(fd, arg[1], 0))
		fail(arg[1]);
}

static void do_move(char **arg)
{
	if (mount(arg[0], arg[1], NULL, MS_MOVE, NULL))
		fail(arg[1]);
}

static void do_beneath(char **arg)
{
	int fd = new_tmpfs("beneath");

	if (fd < 0 || attach(fd, arg[0], WQT_MOVE_BENEATH))
		fail(arg[0]);
}

static void do_setattr(char **arg)
{
	static const struct { const char *name; uint64_t set, clear; } known[] = {
		{ "ro", WQT_ATTR_RDONLY, 0 }, { "rw", 0, WQT_ATTR_RDONLY }, { "nodev", WQT_ATTR_NODEV, 0 },
		{ "nosuid", WQT_ATTR_NOSUID, 0 }, { "noexec", WQT_ATTR_NOEXEC, 0 }, { "noatime", WQT_ATTR_NOATIME, WQT_ATTR_ATIME },
	};
	struct attributes attr = { 0 };
	size_t i = 0;

	while (i < WQT_LEN(known) && strcmp(known[i].name, arg[1]) != 0)
		i++;
	if (i == WQT_LEN(known))
		wrong(arg[1]);
	if (arg[2] && strcmp(arg[2], "recursive") != 0)
		wrong(arg[2]);
	attr.set = known[i].set;
	attr.clear = known[i].clear;
	if (set_attributes(arg[0], arg[2] ? AT_RECURSIVE : 0, &attr))
		fail(arg[0]);
}

static unsigned propagation_of(const char *name)
{
	static const struct { const char *name; unsigned flag; } known[] = {
		{ "shared", MS_SHARED }, { "private", MS_PRIVATE }, { "slave", MS_SLAVE }, { "unbindable", MS_UNBINDABLE },
	};
	size_t i;

	for (i = 0; i < WQT_LEN(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].flag;
	wrong(name);
	return 0;
}

static void do_propagation(char **arg)
{
	struct attributes attr = { .propagation = propagation_of(arg[1]) };

	if (set_attributes(arg[0], 0, &attr))
		fail(arg[0]);
}

static void do_oldpropagation(char **arg)
{
	if (mount(NULL, arg[0], NULL, propagation_of(arg[1]), NULL))
		fail(arg[0]);
}

static void do_reconfigure(char **arg)
{
	char *value = strchr(arg[1], '=');

	if (value)
		*value++ = '\0';
	if (reconfigure(arg[0], arg[1], value))
		fail(arg[0]);
}

static void do_pivot(char **arg)
{
	if (syscall(SYS_pivot_root, arg[0], arg[1]) || chdir("/"))
		fail(arg[0]);
	if (!arg[2])
		return;
	execvp(arg[2], arg + 2);
	fail(arg[2]);
}

static void do_detached(char **arg)
{
	int fs = new_tmpfs("detached"), tree = open_tree_of("/", AT_RECURSIVE);

	(void) arg;
	if (fs < 0 || tree < 0 || close(fs) || close(tree))
		fail("detached");
}

/* To and fro: nothing is faster, as no mount has to come or go. */
static void do_moves(char **arg)
{
	unsigned long n = strtoul(arg[0], NULL, 10), i;
	useconds_t pause = arg[3] ? (useconds_t) strtoul(arg[3], NULL, 10) : 0;

	for (i = 0; i < n; i++) {
		if (mount(arg[1 + i % 2], arg[2 - i % 2], NULL, MS_MOVE, NULL))
			fail(arg[1 + i % 2]);
		if (pause)
			usleep(pause);
	}
}

static void do_pairs(char **arg)
{
	unsigned long n = strtoul(arg[0], NULL, 10), i;
	useconds_t pause = arg[2] ? (useconds_t) strtoul(arg[2], NULL, 10) : 0;
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < n; i++) {
		if (mount("pairs", arg[1], "tmpfs", 0, NULL))
			fail(arg[1]);
		if (pause)
			usleep(pause);
		if (umount(arg[1]))
			fail(arg[1]);
		if (pause)
			usleep(pause);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.6f\n", (double) (to.tv_sec - from.tv_sec) + (double) (to.tv_nsec - from.tv_nsec) / 1e9);
}

/* Directories that are there already are used: more can be mounted by a second call, on them. */
static void do_many(char **arg)
{
	unsigned long n = strtoul(arg[0], NULL, 10), i;

	if (arg[2] && strcmp(arg[2], "tmpfs") != 0)
		wrong(arg[2]);
	if (chdir(arg[1]) || (!arg[2] && mkdir("src", 0755) && errno != EEXIST))
		fail(arg[1]);
	for (i = 0; i < n; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%lu", i);
		if (mkdir(name, 0755) && errno != EEXIST)
			fail(name);
		if (arg[2] ? mount("many", name, "tmpfs", 0, NULL) : mount("src", name, NULL, MS_BIND, NULL))
			fail(name);
	}
}

static void do_random(char **arg)
{
	if (arg[3] && strcmp(arg[3], "attributes") != 0)
		wrong(arg[3]);
	random_operations(strtoull(arg[0], NULL, 10), strtoul(arg[1], NULL, 10), arg[2], arg[3] != NULL);
}

/* As if its device had gone: include/uapi/linux/ext4.h, XFS has the same. */
static void do_shutdown(char **arg)
{
	uint32_t how = 0;
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, _IOR('X', 125, uint32_t), &how))
		fail(arg[0]);
	close(fd);
}

/* Its options are N times 266 bytes: each layer's path is as long as the kernel takes it. Linux 6.8. */
static void do_layers(char **arg)
{
	unsigned long n = strtoul(arg[0], NULL, 10), i;
	int fs = (int) syscall(SYS_fsopen, "overlay", 1), fd;
	char path[256];

	for (i = 0; i < n; i++) {
		size_t len = (size_t) snprintf(path, sizeof(path), "%s/%03lu", arg[1], i);

		memset(path + len, 'x', sizeof(path) - 1 - len);
		path[sizeof(path) - 1] = '\0';
		if ((mkdir(path, 0755) && errno != EEXIST) || config(fs, WQT_SET_STRING, "lowerdir+", path))
			fail(path);
	}
	fd = config(fs, WQT_CMD_CREATE, NULL, NULL) ? -1 : (int) syscall(SYS_fsmount, fs, 1, 0);
	if (fd < 0 || attach(fd, arg[2], 0))
		fail(arg[2]);
}

static const struct operation {
	const char *name, *args;
	int min, max;				/* arguments; no max: -1 */
	void (*run)(char **arg);		/* they end with NULL */
} operations[] = {
	{ "fsmount", " TARGET", 1, 1, do_fsmount },
	{ "rbind", " SOURCE TARGET", 2, 2, do_rbind },
	{ "move", " FROM TO", 2, 2, do_move },
	{ "beneath", " TARGET", 1, 1, do_beneath },
	{ "setattr", " TARGET ro|rw|nodev|nosuid|noexec|noatime [recursive]", 2, 3, do_setattr },
	{ "propagation", " TARGET shared|private|slave|unbindable", 2, 2, do_propagation },
	{ "oldpropagation", " TARGET shared|private|slave|unbindable", 2, 2, do_oldpropagation },
	{ "reconfigure", " TARGET KEY[=VALUE]", 2, 2, do_reconfigure },
	{ "pivot", " NEWROOT PUTOLD [COMMAND...]", 2, -1, do_pivot },
	{ "detached", "", 0, 0, do_detached },
	{ "moves", " N FROM TO [PAUSE_US]", 3, 4, do_moves },
	{ "pairs", " N DIR [PAUSE_US]", 2, 3, do_pairs },
	{ "many", " N DIR [tmpfs]", 2, 3, do_many },
	{ "layers", " N DIR TARGET", 3, 3, do_layers },
	{ "shutdown", " TARGET", 1, 1, do_shutdown },
	{ "random", " SEED N DIR [attributes]", 3, 4, do_random },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < WQT_LEN(operations); i++) {
		const struct operation *op = &operations[i];

		if (strcmp(op->name, argv[1]) != 0 || argc - 2 < op->min || (op->max >= 0 && argc - 2 > op->max))
			continue;
		op->run(argv + 2);
		return fflush(stdout) ? 1 : 0;
	}
	for (i = 0; i < WQT_LEN(operations); i++)
		fprintf(stderr, "usage: mounter %s%s\n", operations[i].name, operations[i].args);
	return 1;
}
