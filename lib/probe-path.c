// SPDX-License-Identifier: LGPL-2.1-or-later
/* What can be heard of the filesystem that a path is on. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/text.h"
#include "fanotify.h"
#include "libwatchq.h"
#include "models/filesystems.h"
#include "paths.h"
#include "source.h"
#include "sources/sb-reports.h"

#define WQ_PATIENCE	2000	/* ms that a look-up may take */

static void set_no(struct wq_capability *row, const char *detail, const char *remedy)
{
	row->works = 0;
	wq_text_format(row->detail, sizeof(row->detail), "%s", detail);
	wq_text_format(row->remedy, sizeof(row->remedy), "%s", remedy);
}

/* Whether this process may mark it. errno value; 0: it may. */
static int try_mark(const char *path)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, 0), err;

	if (fd < 0)
		return errno;
	err = fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, WQ_FAN_FS_ERROR, AT_FDCWD, path) ? errno : 0;
	close(fd);
	return err;
}

static void error_row(struct wq_capability *row, const struct wq_filesystem *fs, const char *path, bool answers)
{
	const struct wq_sb_reports *later, *r = wq_sb_reports(fs->fstype, &later);
	char text[128];
	int err;

	if (!r) {
		snprintf(text, sizeof(text), "%s reports no errors on this kernel", fs->fstype);
		if (later)
			snprintf(row->remedy, sizeof(row->remedy), "Linux %u.%u or later", later->major, later->minor);
		else
			snprintf(row->remedy, sizeof(row->remedy), "%s", fs->has_device ? "watch its device: watchq block" :
				 "none: no kernel so far reports any");
		row->works = 0;
		snprintf(row->detail, sizeof(row->detail), "%s", text);
		return;
	}
	err = answers ? try_mark(path) : ETIMEDOUT;
	if (err == EPERM)
		set_no(row, "it takes CAP_SYS_ADMIN in the user namespace that the filesystem belongs to", "run watchq as root");
	else if (err == EINVAL || err == ENOSYS)
		set_no(row, "this kernel's fanotify has no errors of filesystems", "Linux 5.16 or later, with CONFIG_FANOTIFY=y");
	else if (!answers)
		set_no(row, "not known: the filesystem does not answer", "watch its device: watchq block");
	else if (err)
		set_no(row, strerror(err), "watch its device: watchq block");
	else
		snprintf(row->detail, sizeof(row->detail), "%s: %s", fs->fstype, r->what);
}

static bool has_quota(const char *options)
{
	/* usrquota, grpquota, prjquota, uquota, ..., but not noquota or "usrjquota=". */
	const char *p = options;

	while ((p = strstr(p, "quota"))) {
		if ((p - options < 2 || strncmp(p - 2, "no", 2) != 0) && p[5] != '=' && (p == options || p[-1] != 'j'))
			return true;
		p += 5;
	}
	return false;
}

static void edquot_row(struct wq_capability *row, const struct wq_filesystem *fs)
{
	struct wq_error e;

	if (wq_sb_quota.probe(&(struct wq_source_config) { .nobjects = 0 }, &e)) {
		char *semi = strstr(e.text, "; ");

		if (semi)
			*semi = '\0';
		set_no(row, e.text, semi ? semi + 2 : "");
	} else if (!has_quota(fs->options)) {
		set_no(row, "no quotas are on there, as far as its options say", "mount it with usrquota, grpquota or prjquota, and see quotaon(8)");
	} else {
		snprintf(row->detail, sizeof(row->detail), "limits of quotas that are exceeded");
	}
}

static int fill(struct wq_capability *rows, const struct wq_filesystem *fs, const char *path, bool answers)
{
	static const char *const names[] = { "filesystem", "sb/error", "sb/readonly", "sb/edquot" };
	unsigned i;

	for (i = 0; i < 4; i++)
		rows[i] = (struct wq_capability) { .name = names[i], .works = i ? 1 : -1, .value = -1 };
	wq_text_format(rows[0].detail, sizeof(rows[0].detail), "%s %s on %s%s", fs->fstype, fs->source,
		       fs->mounts[0].target, answers ? "" : ", which does not answer");
	error_row(&rows[1], fs, path, answers);
	snprintf(rows[2].detail, sizeof(rows[2].detail), "by looking: when mountinfo changes, after an error, and at each --sweep");
	edquot_row(&rows[3], fs);
	return 4;
}

/* The filesystem of @path. *@answers: the look-up has returned, and it is not by its name alone. */
static int find(const struct wq_filesystems *table, const char *path, struct wq_filesystem **fs,
		struct wq_fs_place *place, bool *answers, struct wq_error *e)
{
	int rc = wq_fs_locate_in_child(path, place, WQ_PATIENCE);
	char *name;

	*answers = rc != -ETIMEDOUT;
	if (rc == 0)
		return wq_filesystems_at(table, path, place, fs, e);
	if (*answers)
		return wq_fail(e, WQ_FAILURE, -rc, "%s: %s", path, strerror(-rc));
	name = wq_path_absolute(path);
	*fs = name ? wq_filesystems_of_name(table, name) : NULL;
	free(name);
	return *fs ? 0 : wq_fail(e, WQ_FAILURE, ETIMEDOUT, "%s: the path look-up does not return", path);
}

ssize_t wq_capabilities_of(const char *path, struct wq_capability *rows, size_t max, struct wq_error *e)
{
	struct wq_filesystems *table = wq_filesystems_new();
	struct wq_filesystem *fs = NULL;
	struct wq_fs_place place = { 0 };
	bool answers = true;
	int rc = table && max >= 4 ? wq_filesystems_read(table) : -ENOMEM;

	if (rc)
		wq_fail(e, WQ_FAILURE, -rc, "can't read /proc/self/mountinfo: %s", strerror(-rc));
	else
		rc = find(table, path, &fs, &place, &answers, e);
	if (!rc)
		rc = fill(rows, fs, place.device ? fs->mounts[0].target : path, answers);
	wq_filesystems_free(table);
	return rc;
}
