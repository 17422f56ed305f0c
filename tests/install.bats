# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host shipped
# make install: what goes where, under DESTDIR alone; and the sources' own order.

load lib

setup() {
	[ -f "$top_builddir/Makefile" ] || skip "no build tree: $top_builddir"
	unset MAKEFLAGS MAKELEVEL MFLAGS
}

@test "make install: the command, its links, pages, completion; make uninstall takes all back" {
	root=$BATS_TEST_TMPDIR/root
	make -C "$top_builddir" install DESTDIR="$root" >"$BATS_TEST_TMPDIR/log" 2>&1 || { cat "$BATS_TEST_TMPDIR/log"; return 1; }
	bin=$(dirname "$(find "$root" -name watchq -type f -perm -u+x | head -1)")
	for command in $(watchq --list-commands); do
		run -0 "$bin/watchq-$command" --help
		[[ $output =~ "watchq $command" ]]
		find "$root" -name "watchq-$command.1*" | grep -q . || [ -z "$(type -P asciidoctor)" ]
	done
	find "$root" -path '*completions/watchq' -type f | grep -q .
	find "$root" -path '*completions/watchq-keys' -type l | grep -q .
	if grep -q '^systemdsystemunitdir = [^n]' "$top_builddir/Makefile"; then
		unit=$(find "$root" -name watchq@.service -type f)
		grep -qxF "ExecStart=${bin#"$root"}/watchq \$WATCHQ_ARGS" "$unit"
	fi
	make -C "$top_builddir" uninstall DESTDIR="$root" >"$BATS_TEST_TMPDIR/log" 2>&1
	equal "$(find "$root" -type f -o -type l)" ""
}

# A build tree of its own, which nothing is compiled in.
configured() {	# ARGUMENT...
	[ ! -e "$top_srcdir/config.status" ] || skip "the sources are configured, which allows no other build tree"
	mkdir "$BATS_TEST_TMPDIR/build"
	cd "$BATS_TEST_TMPDIR/build"
	"$(realpath "$top_srcdir")/configure" -q "$@" >log 2>&1 || { cat log; return 1; }
}

@test "make dist: no tarball without the pages, and what to install is said" {
	[ ! -e "$top_srcdir/man/watchq.1" ] || skip "the sources have the pages"
	configured ac_cv_prog_ASCIIDOCTOR=
	run -2 make -s dist
	[[ $output =~ "make dist: man/watchq.1: not built: asciidoctor is missing; install it" ]]
	run ! ls watchq-*.tar*
}

@test "make dist: the tarball has all that the repository has" {
	type git asciidoctor || skip "needs git and asciidoctor"
	git -C "$top_srcdir" -c safe.directory='*' ls-files >"$BATS_TEST_TMPDIR/tracked" 2>/dev/null || skip "the sources are no repository"
	configured
	make -s dist
	tar tf watchq-*.tar.* | sed 's|^[^/]*/||; /\/$/d' | sort >has
	grep -q '^man/watchq-record.5$' has
	equal "$(grep -vE '(^|/)\.(git|ci)' "$BATS_TEST_TMPDIR/tracked" | sort | comm -23 - has)" ""
}

@test "make bench: the same lines as its peer, and a row for each" {
	run -0 make -s -C "$top_builddir" bench N=100000 RUNS=0
	equal "$(grep -cE '/s +[0-9.]+ +[0-9.]+$' <<<"$output")" 9
}

@test "the links that make install makes are those of the commands" {
	equal "$(sed -n 's/^commands = //p' "$top_srcdir/Makefile.am")" "$(watchq --list-commands | xargs)"
}

@test "every source has its licence, and no file is too long to read in one sitting" {
	local file
	cd "$top_srcdir"
	while read -r file; do
		head -3 "$file" | grep -q SPDX-License-Identifier || { echo "$file has none" >&2; return 1; }
		case $file in
		"$PWD"/lib/*) head -1 "$file" | grep -q LGPL-2.1-or-later || { echo "$file: not the library's" >&2; return 1; } ;;
		esac
		(($(wc -l <"$file") <= 500)) || { echo "$file is too long" >&2; return 1; }
	done < <(find "$PWD/lib" "$PWD/watchq" "$PWD/tests" -name '*.[ch]' -o -path "$PWD/tests/*" -name '*.bats' | grep -v -e /results/ -e keys-use)
}

@test "the library prints nothing, and never exits" {
	run -1 grep -nE '\b(printf|puts|fputs|perror|exit|abort|err|warn)\(' -r "$top_srcdir/lib" --include='*.c'
}

@test "the hardening flags are in the binary" {
	[ -z "$SANITIZED" ] || skip "sanitizer builds have none"
	type readelf || skip "no readelf"
	readelf -h "$WATCHQ" | grep -q 'Type:.*DYN'
	readelf -d "$WATCHQ" | grep -q BIND_NOW
	readelf -s "$WATCHQ" | grep -q __stack_chk_fail
}
