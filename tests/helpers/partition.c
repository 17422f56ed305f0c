// SPDX-License-Identifier: GPL-2.0-or-later
/* partition add DEVICE NUMBER START LENGTH, partition resize DEVICE NUMBER LENGTH, partition
 * del DEVICE NUMBER: tells the kernel of a partition, as addpart(8), resizepart(8) and
 * delpart(8) do, which not every system has. START and LENGTH are in sectors of 512 bytes. */
#include <fcntl.h>
#include <linux/blkpg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define WQT_SECTOR	512

/* The start is not looked at when a partition is resized, but must be its own. */
static long long start_of(const char *device, int number)
{
	const char *name = strrchr(device, '/');
	char path[256];
	long long start = -1;
	FILE *f;

	name = name ? name + 1 : device;
	snprintf(path, sizeof(path), "/sys/class/block/%sp%d/start", name, number);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%lld", &start) != 1)
		start = -1;
	if (f)
		fclose(f);
	return start;
}

int main(int argc, char **argv)
{
	struct blkpg_partition p = { 0 };
	struct blkpg_ioctl_arg arg = { .datalen = sizeof(p), .data = &p };
	int fd;

	if (argc == 6 && strcmp(argv[1], "add") == 0) {
		arg.op = BLKPG_ADD_PARTITION;
		p.start = atoll(argv[4]) * WQT_SECTOR;
		p.length = atoll(argv[5]) * WQT_SECTOR;
	} else if (argc == 5 && strcmp(argv[1], "resize") == 0) {
		arg.op = BLKPG_RESIZE_PARTITION;
		p.start = start_of(argv[2], atoi(argv[3])) * WQT_SECTOR;
		p.length = atoll(argv[4]) * WQT_SECTOR;
	} else if (argc == 4 && strcmp(argv[1], "del") == 0) {
		arg.op = BLKPG_DEL_PARTITION;
	} else {
		fputs("usage: partition add DEVICE NUMBER START LENGTH, resize DEVICE NUMBER LENGTH, del DEVICE NUMBER\n", stderr);
		return 2;
	}
	p.pno = atoi(argv[3]);
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BLKPG, &arg)) {
		perror(argv[2]);
		return 1;
	}
	return 0;
}
