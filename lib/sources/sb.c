// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/sb.h"


/* A filesystem tells of an error first, and then does what is to be done about it. */
static const uint64_t look_after[] = { 0, 20000000, 200000000, 2000000000 };	/* ns */
#define WQ_GONE_LASTS	60000000000u	/* ns: umount(8) may have much to write */
#define WQ_REST_MAX	1000000000u	/* ns */
#define WQ_LOOKS	(sizeof(look_after) / sizeof(look_after[0]))

/* ---- What is watched ---- */

/* Of what was read, what is to be watched is from now on. */
static void watch_all(struct wq_sb *sb)
{
	struct wq_filesystem *fs;

	if (sb->read)
		sb->read(sb->data);
	for (fs = wq_filesystems_first(sb->table); fs; fs = fs->next) {
		if (!fs->seen)
			fs->watch = wq_sb_watch(sb->wanted, sb->nwanted, fs, sb->all);
		fs->seen = true;
		/* Also what was watched before: it may have been unmounted meanwhile. */
		if (fs->watch && fs->nmounts && sb->mounted)
			sb->mounted(sb->data, fs);
	}
}

/* ---- Opening ---- */

int wq_sb_open(struct wq_sb *sb, struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_mount_ns ns = { .fd = -1, .proc = -1 };
	int rc;

	sb->s = s;
	wq_mountinfo_poll_init(&sb->poll, s->m);
	sb->table = wq_filesystems_new();
	if (!sb->table)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	rc = wq_mount_ns_open(&ns, NULL, e);
	if (!rc) {
		rc = wq_mountinfo_poll_open(&sb->poll, s->m, &ns, true);
		if (!rc)
			rc = wq_filesystems_read(sb->table);
		if (rc)
			wq_fail(e, WQ_FAILURE, -rc, "can't read /proc/self/mountinfo: %s", strerror(-rc));
	}
	wq_mount_ns_close(&ns);
	sb->nwanted = c->nobjects;
	if (!rc)
		rc = wq_sb_wanted_new(&sb->wanted, &sb->all, s, c, sb->table, e);
	if (!rc)
		watch_all(sb);
	return rc;
}

void wq_sb_close(struct wq_sb *sb)
{
	if (!sb->table)
		return;
	wq_mountinfo_poll_close(&sb->poll);
	wq_sb_wanted_free(sb->wanted, sb->nwanted);
	wq_filesystems_free(sb->table);
}

/* ---- Telling ---- */

static int emit(struct wq_sb *sb, const struct wq_filesystem *fs, enum wq_sb_nr what, enum wq_mark mark)
{
	struct wq_side side = { .text_len = 0 };
	unsigned char rec[WQ_RECORD_MAX];

	wq_record_build(rec, WQ_TYPE_SB, (uint8_t) what,
			(uint32_t) fs->watch->id << 8 | (fs->readonly ? WQ_SB_IS_NOW_RO : 0), &fs->dev, sizeof(fs->dev));
	wq_filesystem_side(sb->table, fs, &side);
	return wq_engine_emit_side(sb->s->m, rec, fs->watch, mark, &side, 0, 0);
}

/* Tells that it is @now, where it was told otherwise. */
static int tell_state(struct wq_sb *sb, const struct wq_filesystem *fs, bool now, bool *told, enum wq_sb_nr yes,
		      enum wq_sb_nr no, enum wq_mark mark)
{
	int rc = now == *told ? 0 : emit(sb, fs, now ? yes : no, mark);

	if (rc != WQ_NO_ROOM)
		*told = now;
	return rc;
}

static int tell_one(struct wq_sb *sb, struct wq_filesystem *fs, enum wq_mark mark)
{
	bool mounted = fs->nmounts > 0, new = mounted && !fs->told_mounted;
	int rc = tell_state(sb, fs, mounted, &fs->told_mounted, WQ_SB_MOUNTED, WQ_SB_UNMOUNTED, mark);

	if (rc || !mounted)
		return rc;
	if (new) {	/* that it is read-only the record says */
		fs->told_readonly = fs->readonly;
		fs->told_shutdown = fs->told_unanswered = false;
	}
	rc = tell_state(sb, fs, fs->readonly, &fs->told_readonly, WQ_SB_READONLY, WQ_SB_READWRITE, mark);
	if (!rc)
		rc = tell_state(sb, fs, fs->unanswered > 0, &fs->told_unanswered, WQ_SB_UNANSWERED, WQ_SB_ANSWERED, mark);
	if (!rc && fs->shutdown)
		rc = tell_state(sb, fs, true, &fs->told_shutdown, WQ_SB_SHUTDOWN, WQ_SB_SHUTDOWN, mark);
	return rc;
}

/* What has no device is no more when it is unmounted; its number is used again. */
static void forget_wanted(struct wq_sb *sb, const struct wq_filesystem *fs)
{
	size_t i;

	for (i = 0; !fs->has_device && i < sb->nwanted; i++)
		if (sb->wanted[i].watch == fs->watch)
			sb->wanted[i].gone = true;
}

/* Errors may come still, of what is written while it is being unmounted. */
static void gone(struct wq_sb *sb, struct wq_filesystem *fs)
{
	uint64_t now = wq_now_boottime();

	if (fs->watch && !fs->gone_at)
		forget_wanted(sb, fs);
	if (!fs->gone_at)
		fs->gone_at = now;
	if (!fs->watch || !fs->marked || now - fs->gone_at > WQ_GONE_LASTS)
		wq_filesystems_remove(sb->table, fs);
}

int wq_sb_tell(struct wq_sb *sb, enum wq_mark mark)
{
	struct wq_filesystem *fs = wq_filesystems_first(sb->table), *next;
	int rc = 0;

	for (; fs && !rc; fs = next) {
		next = fs->next;
		if (fs->watch)
			rc = tell_one(sb, fs, mark);
		if (fs->nmounts)
			fs->gone_at = 0;
		else if (!rc)
			gone(sb, fs);
	}
	sb->untold = rc == WQ_NO_ROOM;
	return rc;
}

int wq_sb_unanswered(struct wq_sb *sb, struct wq_filesystem *fs)
{
	fs->unanswered++;
	return wq_sb_tell(sb, WQ_MARK_NONE);
}

int wq_sb_answered(struct wq_sb *sb, struct wq_filesystem *fs)
{
	if (fs->unanswered)
		fs->unanswered--;
	return wq_sb_tell(sb, WQ_MARK_NONE);
}

/* ---- Looking ---- */

/* At once: also what the kernel doesn't tell of. */
static int look(struct wq_sb *sb, enum wq_mark mark)
{
	uint64_t start = wq_now_boottime(), end, rest;
	int rc = wq_filesystems_read(sb->table);

	if (!rc)
		watch_all(sb);
	end = wq_now_boottime();
	rest = 9 * (end - start);
	sb->rest_until = end + (rest < WQ_REST_MAX ? rest : WQ_REST_MAX);
	/* What had no room was counted once. */
	return rc ? rc : wq_sb_tell(sb, sb->untold ? WQ_MARK_RESYNC : mark);
}

void wq_sb_look_soon(struct wq_sb *sb)
{
	sb->looks = 0;
	sb->look_at = wq_engine_now(sb->s->m);
}

int wq_sb_snapshot(struct wq_sb *sb, enum wq_mark mark, unsigned round)
{
	int rc;

	/* Nothing is lost later: what is so is read whenever it changes. */
	if (round || sb->begun)
		return 0;
	sb->begun = true;
	rc = look(sb, mark);
	return rc ? rc : 1;
}

void wq_sb_sweep(struct wq_sb *sb)
{
	sb->pending = true;
}

int wq_sb_finish(struct wq_sb *sb)
{
	if (!sb->pending && !wq_mountinfo_changed(&sb->poll))
		return 0;
	sb->pending = false;
	return look(sb, WQ_MARK_NONE);
}

uint64_t wq_sb_deadline(const struct wq_sb *sb)
{
	uint64_t at = sb->pending ? sb->rest_until : 0;

	return sb->look_at && (!at || sb->look_at < at) ? sb->look_at : at;
}

/* Whether the time has come to look once more after an error. */
static bool is_due(struct wq_sb *sb)
{
	uint64_t now = wq_engine_now(sb->s->m);

	if (!sb->look_at || now < sb->look_at)
		return false;
	sb->looks++;
	sb->look_at = sb->looks < WQ_LOOKS ? now + look_after[sb->looks] : 0;
	return true;
}

int wq_sb_tick(struct wq_sb *sb)
{
	if (is_due(sb))
		sb->pending = true;
	if (!sb->pending && wq_mountinfo_changed(&sb->poll)) {
		sb->pending = true;
		wq_mountinfo_arm(&sb->poll, false);
	}
	sb->s->busy = sb->pending || sb->look_at;
	if (!sb->pending || wq_engine_now(sb->s->m) < sb->rest_until)
		return 0;
	/* What changes from now on may be read too late: armed first. */
	wq_mountinfo_arm(&sb->poll, true);
	sb->pending = false;
	sb->s->busy = sb->look_at != 0;
	return look(sb, WQ_MARK_NONE);
}
