// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libnss_wqtslow.so.2: a service of nsswitch.conf(5), "wqtslow", that does not answer as long as
 * the file exists which WQT_NSS_WAIT names. Then each user and group is called "slow-ID". Each
 * question is a line in the file that WQT_NSS_LOG names: the thread that asks.
 */
#if defined(__has_include)
# if __has_include(<nss.h>)
#  define WQT_NSS
# endif
#endif

#ifdef WQT_NSS
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* The names by which the C library looks for them. */
enum nss_status wqt_getpwuid(uid_t uid, struct passwd *pw, char *buf, size_t size, int *errnop)
	__asm__("_nss_wqtslow_getpwuid_r");
enum nss_status wqt_getgrgid(gid_t gid, struct group *gr, char *buf, size_t size, int *errnop)
	__asm__("_nss_wqtslow_getgrgid_r");

static void write_down(void)
{
	const char *path = getenv("WQT_NSS_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "%d\n", (int) gettid());
	close(fd);
}

static void hang(void)
{
	const char *path = getenv("WQT_NSS_WAIT");

	write_down();
	while (path && access(path, F_OK) == 0)
		usleep(10000);
}

static enum nss_status put_name(char *buf, size_t size, unsigned id, int *errnop)
{
	hang();
	if ((size_t) snprintf(buf, size, "slow-%u", id) < size)
		return NSS_STATUS_SUCCESS;
	*errnop = ERANGE;
	return NSS_STATUS_TRYAGAIN;
}

enum nss_status wqt_getpwuid(uid_t uid, struct passwd *pw, char *buf, size_t size, int *errnop)
{
	*pw = (struct passwd) {
		.pw_name = buf, .pw_passwd = buf, .pw_uid = uid, .pw_gid = uid, .pw_gecos = buf, .pw_dir = buf, .pw_shell = buf,
	};
	return put_name(buf, size, uid, errnop);
}

enum nss_status wqt_getgrgid(gid_t gid, struct group *gr, char *buf, size_t size, int *errnop)
{
	static char *no_members[] = { NULL };

	*gr = (struct group) { .gr_name = buf, .gr_passwd = buf, .gr_gid = gid, .gr_mem = no_members };
	return put_name(buf, size, gid, errnop);
}
#else
int wqt_no_nss;
#endif
