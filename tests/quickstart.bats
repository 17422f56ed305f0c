# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host machine shipped
# ./quickstart: what a newcomer sees of it, with this build.

load lib

setup() {
	local why
	type jq keyctl >/dev/null || skip "needs jq and keyctl"
	[ -f "$top_builddir/Makefile" ] || skip "no build tree: $top_builddir"
	why=$(watchq info --raw -n | sed -n 's/^keys\/poll no //p')
	[ -z "$why" ] || skip "keys/poll: $(printf '%b' "$why")"
	unset MAKEFLAGS MAKELEVEL MFLAGS
	# All packages are there: a test installs nothing.
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho install ok installed\n' >"$BATS_TEST_TMPDIR/bin/dpkg-query"
	chmod +x "$BATS_TEST_TMPDIR/bin/dpkg-query"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

quickstart() { WATCHQ_BUILD=$top_builddir "$top_srcdir/quickstart" "$@"; }

@test "a table that fills, the same as JSON, and what to try next" {
	local event json
	quickstart >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err" >&2; return 1; }
	grep -qE '^# backend (pipe|trace|poll): ' "$BATS_TEST_TMPDIR/out"
	json=$(grep '^{' "$BATS_TEST_TMPDIR/out")
	for event in linked unlinked setattr expired revoked cleared; do
		grep -qE "^[0-9:.]+ $event " "$BATS_TEST_TMPDIR/out" || { echo "not in the table: $event" >&2; return 1; }
		jq -es "any(.event == \"$event\" and .path)" <<<"$json" >/dev/null || { echo "not in JSON: $event" >&2; return 1; }
	done
	# Each row stands below what made it.
	grep -A 2 '^\$ keyctl add user ticket' "$BATS_TEST_TMPDIR/out" | grep -q ' linked .* ticket'
	equal "$(jq -rs 'map(select(.path)) | .[-1].event' <<<"$json")" cleared
	tail -n 1 "$BATS_TEST_TMPDIR/out" | grep -q '^# next: '
	# It says all that there is to say.
	grep -v '^quickstart: ' "$BATS_TEST_TMPDIR/err" && return 1
	return 0
}

# Where mounts can be shown.
private() { unshare -m true 2>/dev/null || unshare -Urm true; }

@test "mounts: each row below what made it, and the first as JSON" {
	local event
	private || skip "no mount namespace may be made here"
	cd "$BATS_TEST_TMPDIR"
	findmnt -rno TARGET,OPTIONS >before
	quickstart >out 2>err || { cat err >&2; return 1; }
	sed -n '/^# mounts, backend /,$p' out >mounts
	for event in new_mount move_from move_to readonly setattr unmount; do
		grep -qE "^[0-9:.]+ $event +/mnt" mounts || { echo "not in the table: $event" >&2; return 1; }
	done
	sed -n '/ mount -n --move /,/^\$ mount -n -o/p' mounts >move
	equal "$(sed -n 's/^[0-9:.]* \([[:lower:]_]*\) .*/\1/p' move | xargs)" "move_from move_to"
	equal "$(sed -n '/umount -n --recursive/,$s/^[0-9:.]* *\([[:lower:]]* *[^ ]*\) .*/\1/p' mounts | grep '^unmount' | xargs)" \
		"unmount /mnt/there unmount /mnt"
	equal "$(grep '^{' mounts | jq -r '"\(.event) \(.target) \(.source)"')" "new_mount /mnt disk"
	# It needs nothing of the machine, and leaves nothing.
	findmnt -rno TARGET,OPTIONS | diff before -
}

@test "mounts are not shown where no namespace may be made, and all else is" {
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/unshare"
	chmod +x "$BATS_TEST_TMPDIR/bin/unshare"
	run -0 --separate-stderr quickstart
	[[ $output =~ "# mounts: not shown, as no mount namespace may be made here" ]]
	[[ ! $output =~ new_mount ]]
	tail -n 1 <<<"$output" | grep -q '^# next: '
}

@test "arguments are watchq's, and its status is quickstart's" {
	cd "$BATS_TEST_TMPDIR"
	unhex >cap <<<0100000210010000E8030000E9030000
	run -0 quickstart decode --endian little --raw -n -o EVENT,AUX cap
	equal "$output" "linked 1001"
	run -1 quickstart decode none
	[[ $output =~ "none: can't open" ]]
	run -3 quickstart keys @u -w 0.01 -q --backend poll
	run -7 quickstart keys --session - -q --backend poll -C 'exit 7'
}
