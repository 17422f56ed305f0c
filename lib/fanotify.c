// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/fanotify.h>

#include "fanotify.h"
#include "uapi-mounts.h"

#define INFO_HEADER	4	/* bytes: type, pad, length */

/* Records of information stand behind the metadata, in any order. */
static int read_infos(const unsigned char *p, const unsigned char *end, struct wq_fan_event *ev)
{
	while (p < end) {
		struct wq_uapi_fan_mnt info = { 0 };

		if (end - p < INFO_HEADER)
			return -EBADMSG;
		memcpy(&info, p, INFO_HEADER);
		if (info.len < INFO_HEADER || info.len > end - p)
			return -EBADMSG;
		if (info.type == WQ_UAPI_FAN_INFO_MNT) {
			if (info.len < sizeof(info))
				return -EBADMSG;
			memcpy(&info, p, sizeof(info));
			ev->mount = info.mnt_id;
		}
		p += info.len;
	}
	return 0;
}

int wq_fan_next(const unsigned char *buf, size_t len, size_t *pos, struct wq_fan_event *ev)
{
	const unsigned char *p = buf + *pos;
	struct fanotify_event_metadata meta;
	size_t left = len - *pos;

	if (left == 0)
		return 0;
	if (left < sizeof(meta))
		return -EBADMSG;
	memcpy(&meta, p, sizeof(meta));
	if (meta.vers != FANOTIFY_METADATA_VERSION || meta.event_len > left ||
	    meta.metadata_len < sizeof(meta) || meta.metadata_len > meta.event_len)
		return -EBADMSG;
	*ev = (struct wq_fan_event) { .mask = meta.mask, .pid = meta.pid };
	*pos += meta.event_len;
	return read_infos(p + meta.metadata_len, p + meta.event_len, ev) ? -EBADMSG : 1;
}
