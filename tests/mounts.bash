# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of mounts share.
# shellcheck shell=bash disable=SC2034,SC2154

MOUNTER=$HELPERS/mounter

# In a mount namespace of its own, with a tmpfs to work in, the function that is named. It
# has the functions of this file, and others that are named.
inside() {	# BACKEND FUNCTION [OTHER...]
	local why
	why=$(watchq info --raw -n | sed -n "s/^mounts\\/$1 no //p")
	[ -z "$why" ] || skip "mounts/$1: $(printf '%b' "$why")"
	# shellcheck disable=SC2086
	${ENTER:-unshare -m} true 2>/dev/null || skip "no mount namespace may be made here"
	# shellcheck disable=SC2086
	BACKEND=$1 timeout -k 5 $((100 * SLOW)) ${ENTER:-unshare -m} bash -c "
		$(declare -f await is_gone is_stopped has_lines has_told halt equal begin settle is_settled step told tree mounted_names "${@:2}")
		set -e
		trap 'kill \$(jobs -p) 2>/dev/null || :; wait || :' EXIT
		mount -t tmpfs work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		$2"
}
export WATCHQ MOUNTER

# begin OPTION...: watches; returns when it does.
begin() {
	rm -f err	# what another has said
	mkdir -p end
	"$WATCHQ" mounts -J --marks -v --backend "$BACKEND" "$@" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}

# Whether so many lines match, or more.
has_told() { (($(grep -c "$2" json) >= $1)); }	# NUMBER PATTERN

# Nobody looks, until the watcher is sent SIGCONT.
halt() {
	kill -STOP "$watcher"
	await is_stopped "$watcher"
}

# All of what was done is told: also what is found by looking, and what comes last.
settle() {
	mark=$((${mark:-0} + 1))
	mount -t tmpfs "mark$mark" end
	await is_settled "$mark"
}
is_settled() { sed -n "/\"mark$1\"/,\$p" json | tail -n 1 | grep -q '"quiet"'; }

step() {
	"$@"
	settle
}

# told LINE...: what was told since, of what the steps did, is that.
told() {
	local expected found
	expected=$(printf '%s\n' "$@")
	found=$(jq -r --arg pwd "$PWD/" '
		select(.type == "mount" and ((.source // "") | startswith("mark") | not)) |
		def short: if . == null then "null" else ltrimstr($pwd) end;
		"\(.event) \(.target | short)" +
		(if .old_target then " from \(.old_target | short)" else "" end) +
		(if has("old_options") then ": \(.old_options) > \(.options)" else "" end)' json | tail -n "+$((${lines:-0} + 1))")
	lines=$((${lines:-0} + $(grep -c . <<<"$found" || true)))
	equal "$found" "$expected"
}

# A tree of three: a, a/b, a/b/c.
tree() {
	mkdir -p a
	mount -t tmpfs one a
	mkdir -p a/b
	mount -t tmpfs two a/b
	mkdir -p a/b/c
	mount -t tmpfs three a/b/c
}

# The targets of those of an event, in the order in which they were told.
mounted_names() {	# FILE [EVENT]
	jq -r --arg event "${2:-new_mount}" --arg pwd "$PWD/" \
		'select(.event == $event and ((.source // "") | startswith("mark") | not)).target | ltrimstr($pwd)' "$1" | xargs
}
