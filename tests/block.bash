# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of block devices share.
# shellcheck shell=bash disable=SC2034,SC2154

SCSI=/sys/bus/pseudo/drivers/scsi_debug

needs() {	# BACKEND
	local why
	why=$(watchq info --raw -n | sed -n "s/^block\\/$1 no //p")
	[ -z "$why" ] || skip "block/$1: $(printf '%b' "$why")"
}

setup_block() {
	cd "$BATS_TEST_TMPDIR" || return
	[ -e /dev/loop-control ] || skip "no loop devices here"
	loops=()
	maps=()
}
teardown_block() {
	local one
	for one in ${!pid_*}; do kill -CONT "${!one}" 2>/dev/null && kill -TERM "${!one}" && await is_gone "${!one}" || true; done
	# What a test that failed has left running.
	for one in $(jobs -p); do kill "$one" 2>/dev/null || true; done
	for one in "${maps[@]}"; do dmsetup remove --noudevsync "$one" 2>/dev/null || true; done
	for one in "${loops[@]}"; do detach "$one"; done
	[ -z "${scsi_opts:-}" ] || echo "$scsi_opts" >"$SCSI/opts"
}

# Another test's it may be by now.
detach() {	# DEVICE
	case $(losetup -nO BACK-FILE "$1" 2>/dev/null) in
	"$BATS_TEST_TMPDIR"/*) losetup -d "$1" || true ;;
	esac
}

# A loop device of 8 MiB: in loop and name.
new_loop() {	# [OPTION...]
	needs_loop
	truncate -s 8M file
	loop=$(losetup -f --show "$@" file)
	loops+=("$loop")
	name=${loop#/dev/}
}
# What is behind the first 1 MiB, sector 2048, can't be read any more.
cut_loop() { truncate -s 1M file; }
# Debian 13 has no addpart(8) and delpart(8).
addpart() { "$HELPERS/partition" add "$@"; }
resizepart() { "$HELPERS/partition" resize "$@"; }
delpart() { "$HELPERS/partition" del "$@"; }
two_partitions() {
	addpart "$loop" 1 2048 2048
	addpart "$loop" 2 8192 4096
}
read_at() { "$HELPERS/read-errors" "$1" "$2" "${3:-1}" >/dev/null; }	# DEVICE SECTOR [COUNT]

# In a shell of its own, whose commands bats does not look at one by one.
many_changes() { bash -c 'for ((i = 0; i < $1; i++)); do echo change >"/sys/block/$2/uevent"; done' - "$1" "$name"; }

has_told() { (($(grep -c "$3" "$2") >= $1)); }	# NUMBER NAME PATTERN
# What was told of I/O errors.
errors() {	# NAME [FIELD...]
	local fields=${2:-.event,.device,.partition,.operation,.sector,.sectors,.errno,.count}
	jq -r "select(.type == \"block\" and .event_nr < 128) | [$fields] | map(. // \"-\" | tostring) | join(\" \")" "$1"
}
# What was told of a device, and its size.
changes() {	# NAME DEVICE
	jq -r --arg device "$2" 'select(.type == "block" and .event_nr >= 128 and .device == $device) |
		[.event, .partition // .device, .size // "-"] | map(tostring) | join(" ")' "$1"
}
dm_name() { echo "dm-$(dmsetup info -c --noheadings -o minor "$1" | xargs)"; }

# A command like watchq, of an ordinary user.
be_nobody() {
	chmod 755 "$BATS_TEST_TMPDIR"
	printf '#!/bin/sh\nexec %s %s "$@"\n' "${ORDINARY[*]}" "$WATCHQ" >nobody
	chmod 755 nobody
	"${ORDINARY[@]}" "$WATCHQ" --version >/dev/null 2>&1 || skip "an ordinary user may not run $WATCHQ"
	WATCHQ_AS_ROOT=$WATCHQ WATCHQ=$PWD/nobody
}
