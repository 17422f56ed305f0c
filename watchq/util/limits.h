/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits that watchq raises for itself, and no command of the user's is to have. */
#ifndef WQC_LIMITS_H
#define WQC_LIMITS_H

/* As many descriptors as the hard limit allows: the kernel counts watches of keys against it. */
void limits_raise_files(void);

/* The limit as it was found. For a child, between vfork(2) and execve(2). */
void limits_restore(void);

#endif
