// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths as texts; which mount a path is on by the list of mounts alone; automount points in it. */
#include "config.h"

#include <errno.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/autofs.h"
#include "kernel/mount-at.h"
#include "kernel/path-walk.h"
#include "paths.h"
#include "tap.h"

/* ---- Texts ---- */

static void absolute(const char *path, const char *expected)
{
	char *got = wq_path_absolute(path);

	ok(got && strcmp(got, expected) == 0, "%s is %s, not %s", path, expected, got ? got : "nothing");
	free(got);
}

static void test_texts(void)
{
	ok(chdir("/usr") == 0, "in a directory");
	absolute("/", "");
	absolute("//", "");
	absolute("/a//b/", "/a/b");
	absolute("/a/./b/.", "/a/b");
	absolute("/a/../b", "/b");
	absolute("/../..", "");
	absolute("/a/b/../../..", "");
	absolute("/a/..b/c..", "/a/..b/c..");
	absolute("/a/...", "/a/...");
	absolute("x", "/usr/x");
	absolute("./x/..", "/usr");
	absolute("../x", "/x");
	ok(wq_path_has_dotdot("..") && wq_path_has_dotdot("a/..") && wq_path_has_dotdot("../a") && wq_path_has_dotdot("/a/../b"),
	   "has ..");
	ok(!wq_path_has_dotdot("a..b/..c/d../...") && !wq_path_has_dotdot(""), "has no ..");
}

/* ---- The list of mounts ---- */

static const char list[] =
	"20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	"21 20 0:20 / /mnt rw - tmpfs tmpfs rw\n"
	"22 21 0:21 / /mnt/a\\040b rw - fuse.sshfs host: rw\n"
	"23 20 0:22 / /au rw - autofs systemd-1 rw\n"
	"24 23 0:23 / /au/x rw - nfs4 host:/x rw\n"
	"25 24 0:24 / /au/x/deep rw - tmpfs tmpfs rw\n"
	/* Hidden beneath the next one. */
	"26 20 0:25 / /over/in rw - tmpfs hidden rw\n"
	"27 20 0:26 / /over rw - tmpfs over rw\n"
	/* Two at one place. */
	"28 20 0:27 / /two rw - tmpfs lower rw\n"
	"29 28 0:28 / /two rw - tmpfs upper rw\n";

static struct libmnt_table *read_list(const char *text)
{
	FILE *f = fmemopen((void *) text, strlen(text), "r");
	struct libmnt_table *tb = mnt_new_table();

	if (!f || !tb || mnt_table_parse_stream(tb, f, "/proc/self/mountinfo"))
		exit(1);
	fclose(f);
	return tb;
}

static void at(struct libmnt_table *tb, const char *path, int id, bool root, bool may_hang)
{
	struct wq_mount_at at = wq_mount_at(tb, path);

	ok(at.fs && mnt_fs_get_id(at.fs) == id && at.root == root && at.may_hang == may_hang, "'%s' is on %d%s%s", path, id,
	   root ? ", at its root" : "", may_hang ? ", and may hang" : "");
}

static void test_list(void)
{
	static const char chroot[] = "31 30 8:1 / /mnt rw - ext4 /dev/sda1 rw\n", none[] = "\n";
	static const char circle[] = "41 42 0:1 / / rw - tmpfs a rw\n42 41 0:2 / / rw - tmpfs b rw\n";
	struct libmnt_table *tb = read_list(list);

	at(tb, "", 20, true, false);
	at(tb, "/mntx", 20, false, false);
	at(tb, "/mnt", 21, true, false);
	at(tb, "/mnt/x/y", 21, false, false);
	at(tb, "/mnt/a b", 22, true, true);
	at(tb, "/mnt/a b/c", 22, false, true);
	at(tb, "/au", 23, true, true);
	at(tb, "/au/x/deep", 25, true, true);
	at(tb, "/over/in", 27, false, false);
	at(tb, "/two", 29, true, false);
	ok(wq_mount_at(tb, "/mnt").way != wq_mount_at(tb, "/mnt/a b").way, "another way, another number");
	ok(wq_mount_at(tb, "/mnt/a b").way == wq_mount_at(tb, "/mnt/a b/c").way, "the same way");
	mnt_unref_table(tb);
	tb = read_list(chroot);
	at(tb, "/mnt/x", 31, false, false);
	ok(!wq_mount_at(tb, "/x").fs, "in a chroot, no mount is at the root");
	mnt_unref_table(tb);
	tb = read_list(circle);
	ok(!wq_mount_at(tb, "/x").fs, "a torn list");
	mnt_unref_table(tb);
	tb = read_list(none);
	ok(!wq_mount_at(tb, "/x").fs, "no mounts");
	mnt_unref_table(tb);
}

/* ---- Automount points ---- */

static void automount(unsigned minor, uint64_t mount, const char *path, bool is_autofs, bool leads_on)
{
	struct wq_autofs a = { .major = 0, .minor = minor, .mount = mount, .path = path };
	char *copy = strdup(list), *line, *rest = copy;

	while ((line = strsep(&rest, "\n")))
		wq_autofs_line(&a, line);
	free(copy);
	ok(a.is_autofs == is_autofs && a.leads_on == leads_on, "%u, %s: %s, %s", minor, path ? path : "no path",
	   is_autofs ? "autofs" : "no autofs", leads_on ? "leads on" : "ends there");
}

static void test_autofs(void)
{
	struct wq_autofs a = { .major = 0, .minor = 22 };
	char broken[] = "1 2 0:22 / /x", empty[] = "";

	automount(22, 23, "/au/x", true, true);
	automount(22, 23, "/au/y", true, false);
	automount(22, 23, "/au/xy", true, false);
	automount(22, 0, "/au/x", true, true);
	automount(22, 20, "/over/i", true, false);
	automount(22, 0, NULL, true, false);
	automount(2, 0, "/au/y", false, false);
	/* What is mounted on another mount is hidden. */
	automount(22, 23, "/over", true, false);
	automount(20, 21, "/mnt/a b", false, true);
	wq_autofs_line(&a, broken);
	wq_autofs_line(&a, empty);
	ok(!a.is_autofs, "lines that are none");
	ok(wq_autofs_read(&a) == 0 && !a.is_autofs, "those of this process");
}

/* ---- Look-ups ---- */

/* The working directory, with a slash. */
static char base[PATH_MAX];

/* @expected: absolute, or after the working directory. */
static void walk(const char *path, int err, const char *expected)
{
	struct wq_path_walk w, in_child;
	char whole[2 * PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", *expected == '/' ? "" : base, expected);
	wq_path_walk(&w, path, -1);
	ok(w.err == err && strcmp(w.path, whole) == 0, "'%s': %s, %s; expected: %s, %s", path, strerror(w.err), w.path,
	   strerror(err), whole);
	ok(wq_path_walk_in_child(&in_child, path, -1) == 0 && in_child.err == w.err && strcmp(in_child.path, w.path) == 0 &&
	   in_child.mount == w.mount && in_child.mode == w.mode, "'%s': the same in a child", path);
}

static void test_links(void)
{
	walk("/", 0, "/");
	walk("/..", 0, "/");
	walk("d/./e//", 0, "d/e");
	walk("d/e/../../file", 0, "file");
	walk("../../../../../../../../../dev/null", 0, "/dev/null");
	walk("rel", 0, "d");
	walk("rel/e", 0, "d/e");
	walk("rel/up", 0, "file");
	walk("rel/slash", 0, "d/e");
	walk("rel/slash/..", 0, "d");
	walk("abs", 0, "/dev/null");
	/* A link that leads up from where it leads. */
	walk("far/../file", 0, "file");
}

static void test_failures(void)
{
	walk("no/./such//path/", ENOENT, "no/such/path");
	walk("dangling", ENOENT, "nothing/x");
	walk("dangling/y", ENOENT, "nothing/x/y");
	walk("loop", ELOOP, "loop");
	walk("file/x", ENOTDIR, "file/x");
	walk("file/", ENOTDIR, "file");
	walk("file/.", ENOTDIR, "file/.");
}

static void test_walk(void)
{
	char dir[] = "/tmp/test-paths-XXXXXX";
	struct wq_path_walk w;
	char self[64];

	if (!mkdtemp(dir) || chdir(dir) || !getcwd(base, sizeof(base) - 1) || mkdir("d", 0755) || mkdir("d/e", 0755) ||
	    mknod("file", S_IFREG | 0644, 0) || symlink("d", "rel") || symlink("/dev/null", "abs") || symlink("loop", "loop") ||
	    symlink("nothing/x", "dangling") || symlink("../file", "d/up") || symlink("e/", "d/slash") || symlink("d", "far"))
		exit(1);
	strcat(base, "/");
	test_links();
	test_failures();
	wq_path_walk(&w, "", -1);
	ok(w.err == ENOENT, "an empty path");
	wq_path_walk(&w, "abs", -1);
	ok(w.err == 0 && S_ISCHR(w.mode) && w.major == 1 && w.minor == 3, "a device");
	wq_path_walk(&w, "/proc", -1);
	ok(w.err == 0 && w.has_mount && w.root && S_ISDIR(w.mode), "a mount");
	/* Of this process, not of the child. */
	snprintf(self, sizeof(self), "/proc/%d/status", (int) getpid());
	ok(wq_path_walk_in_child(&w, "/proc/self/status", -1) == 0 && w.err == 0 && strcmp(w.path, self) == 0, "/proc/self: %s", w.path);
	ok(wq_path_walk_in_child(&w, "/proc/self/cwd/d", -1) == 0 && w.err == 0 && S_ISDIR(w.mode), "/proc/self/cwd");
	unlink("d/up");
	unlink("d/slash");
	rmdir("d/e");
	rmdir("d");
	unlink("file");
	unlink("rel");
	unlink("abs");
	unlink("loop");
	unlink("dangling");
	unlink("far");
	if (chdir("/") || rmdir(dir))
		exit(1);
}

int main(void)
{
	test_texts();
	test_list();
	test_autofs();
	test_walk();
	return tap_done();
}
