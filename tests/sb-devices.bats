# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine
# watchq sb: a filesystem of several devices.

load lib
load sb

setup() { needs_root; needs_mount_ns; }

devices() {
	needs "no btrfs in this kernel" grep -qw btrfs /proc/filesystems
	needs "no mkfs.btrfs(8)" mkfs.btrfs --version
	local first second
	truncate -s 128M one two
	first=$(losetup -f --show one)
	second=$(losetup -f --show two)
	mkfs.btrfs -q -d raid1 -m raid1 "$first" "$second"
	mkdir m
	mount -o device="$first",device="$second" "$first" m
	losetup -d "$first" "$second"	# when it is unmounted
	"$WATCHQ" sb -I --once -J "$first" >first
	"$WATCHQ" sb -I --once -J "$second" >second
	equal "$(jq -r .target second)" "$PWD/m"
	equal "$(jq -r .sb_id second)" "$(jq -r .sb_id first)"
	"$WATCHQ" info "$second" >info
	grep -q '^filesystem .*btrfs' info
	# A device that is none of its own.
	ext4 other
	"$WATCHQ" sb -I --once -J "$(device_of other)" >json
	equal "$(jq -r .fstype json)" ext4
}
@test "any device of a btrfs stands for it" { inside mountinfo devices; }
