# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of filesystems share.
# shellcheck shell=bash disable=SC2034,SC2154

MOUNTER=$HELPERS/mounter
export WATCHQ MOUNTER

# inside BACKEND FUNCTION: in a mount namespace of its own, with a tmpfs to work in.
inside() {
	local why
	why=$(watchq info --raw -n | sed -n "s/^sb\\/$1 no //p")
	[ -z "$why" ] || skip "sb/$1: $(printf '%b' "$why")"
	BACKEND=$1 timeout -k 5 $((100 * SLOW)) unshare -m bash -c "
		$(declare -f switches is_stopped await is_gone has_lines equal begin until_told ends told ext4 image device_of hold knob needs doubled)
		set -e
		trap end EXIT
		$(declare -f end)
		mount -t tmpfs -o mode=755 work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		$(declare -f "$2")
		$2" || {
		local status=$?
		[ "$status" != 77 ] || skip "$(cat "$BATS_TEST_TMPDIR.skip")"
		return "$status"
	}
}

# Nothing of it stays: the loop devices go with their last mount.
end() {
	local job
	for job in $(jobs -p); do
		kill "$job" 2>/dev/null || :
		# None but these: a leak sanitizer at its end does not bear it.
		! is_stopped "$job" 2>/dev/null || kill -CONT "$job" || :
	done
	wait || :
	cd /
	umount -R "$OLDPWD" 2>/dev/null || umount -lR "$OLDPWD" || :
}

# needs WHAT COMMAND...: skips unless the command succeeds.
needs() {
	"${@:2}" >/dev/null 2>&1 || {
		echo "$1" >"$PWD.skip" 2>/dev/null || echo "$1" >"${PWD%/*}/${PWD##*/}.skip"
		exit 77
	}
}

# begin OPTION...: watches; returns when it does.
begin() {
	rm -f err	# what another has said
	"$WATCHQ" sb -J -v --backend "$BACKEND" "$@" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}

# until_told EVENT [NUMBER]: waits until it is told, so often or more.
until_told() { await eval "((\$(grep -c '\"event\":\"$1\"' json) >= ${2:-1}))" || { cat json err >&2; return 1; }; }

# ends STATUS: the watcher has ended by itself with that.
ends() {
	local status=0
	wait "$watcher" || status=$?
	equal "$status" "$1"
}

# told LINE...: what was told, in all: the event, where, and what else the filter picks.
told() {
	equal "$(jq -r --arg pwd "$PWD/" '[.event, (.target // "" | ltrimstr($pwd)), (.errno // empty), (.limit // empty)] | join(" ")' json)" \
		"$(printf '%s\n' "$@")"
}

# ext4 DIR [OPTION...]: a new ext4, mounted there by a loop device.
ext4() {
	local dir=$1
	shift
	image "$dir.img"
	mkdir -p "$dir"
	mount -o "loop${1:+,$1}" "$dir.img" "$dir"
}
image() {
	truncate -s 16M "$1"
	mke2fs -q -t ext4 -F "$1"
}
device_of() { findmnt -no SOURCE --mountpoint "$PWD/$1" | tail -n 1; }

# Its loop device stays when it is unmounted: held.
hold() {
	held=$(device_of "$1")
	exec 9<"$held"
}

# A file of its directory in sysfs.
knob() {
	local device
	device=$(device_of "$1")
	echo "/sys/fs/ext4/${device##*/}/$2"
}
