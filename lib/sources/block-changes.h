/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that come, go and change: what there is, and what was told of it. The engine's. */
#ifndef WQ_BLOCK_CHANGES_H
#define WQ_BLOCK_CHANGES_H

#include "sources/block.h"

struct wq_block_changes {
	struct wq_source *s;
	struct wq_block_wanted wanted;
	struct wq_devices *devices;
	bool looked;		/* there was a snapshot */
	bool blind;		/* it found no list of devices */
	uint64_t round;		/* of snapshots */
	uint64_t before;	/* uevents up to this number were before all that is told */
	uint64_t window;	/* those up to this one may be in the last snapshot already */
};

enum wq_block_action { WQ_UEVENT_ADD, WQ_UEVENT_REMOVE, WQ_UEVENT_CHANGE };

struct wq_block_uevent {
	enum wq_block_action action;
	uint64_t nr;		/* uevents are counted, all of the machine's */
	bool asked_for;		/* by a program, that wrote to the device's file uevent */
	bool media, resize;	/* of a change: what has changed */
	struct wq_device device;	/* that it is of, as far as it is there still */
};

/** @c is all 0 before. 0; -errno with *@e. To be closed in any case. */
int wq_block_changes_open(struct wq_block_changes *c, struct wq_source *s, const struct wq_source_config *config,
			  struct wq_error *e);
void wq_block_changes_close(struct wq_block_changes *c);

/* These return what wq_engine_emit() did where that isn't 0; -ENOMEM. */

/** Tells of a uevent, if it wasn't told. */
int wq_block_changes_apply(struct wq_block_changes *c, const struct wq_block_uevent *ev);
/** Looks what devices there are, and tells the differences, with @mark: 1. Before that, but
 * for the first time, @receive is to take the uevents that wait, up to the number @nr. */
int wq_block_changes_snapshot(struct wq_block_changes *c, enum wq_mark mark,
			      int (*receive)(struct wq_source *s, uint64_t nr));
/** Tells all differences. */
int wq_block_changes_tell(struct wq_block_changes *c, enum wq_mark mark);

#endif
