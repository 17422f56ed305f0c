# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host
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
	equal "$(jq -rs '.[-1].event' <<<"$json")" cleared
	tail -n 1 "$BATS_TEST_TMPDIR/out" | grep -q '^# next: '
	# It says all that there is to say.
	grep -v '^quickstart: ' "$BATS_TEST_TMPDIR/err" && return 1
	return 0
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
