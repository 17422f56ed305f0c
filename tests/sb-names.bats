# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both threads
# QUOTA-NAME beside a name service that does not answer: a module of its own in nsswitch.conf(5).

load lib
load sb
export HELPERS

setup() {
	needs_mount_ns
	needs_root
	cd "$BATS_TEST_TMPDIR" || return
	[ -e "$HELPERS/libnss_wqtslow.so.2" ] || skip "the module of the name service is not built"
	[ -e /etc/nsswitch.conf ] || skip "there is no /etc/nsswitch.conf"
}

# The name service of all that is started from now on in this namespace.
service() {
	needs "no quotas on tmpfs (CONFIG_TMPFS_QUOTA)" quotas
	chmod 777 q
	printf '%s\n' 'passwd: wqtslow' 'group: wqtslow' >nsswitch.conf
	mount --bind nsswitch.conf /etc/nsswitch.conf
	export WQT_NSS_WAIT=$PWD/wait WQT_NSS_LOG=$PWD/asked
	touch wait asked
	chmod 666 asked
}
quotas() { mkdir q && mount -t tmpfs -o "$OWNER,${OWNER}_inode_hardlimit=3" q q; }

# watch OPTION...: the module is found by watchq alone.
watch() {
	LD_LIBRARY_PATH=$HELPERS "$WATCHQ" sb -v --backend auto "$@" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err
}

# exceed ID: what that user or group owns is one file too many.
exceed() {
	setpriv --reuid "$1" --regid "$1" --clear-groups sh -c 'touch q/1 q/2 q/3 q/4 2>/dev/null; rm -f q/*' || :
}
reports() { exceed "$1" && jq -e --argjson id "$1" 'select(.event == "edquot" and .quota_id == $id)' json | grep -q .; }
named() { exceed "$1" && grep -q "\"quota_name\":\"slow-$1\"" json; }
names() { jq -r 'select(.event == "edquot").quota_name' json | sort -u; }
asked_by() { sort -u asked | wc -l; }

FUNCTIONS='quotas service watch exceed reports named names asked_by'

hung() {
	service
	watch -J
	ext4 m
	await reports 70001
	await reports 70002
	umount m
	until_told unmounted
	equal "$(names)" null
	# One question of one thread, however many events and users there are.
	equal "$(wc -l <asked)" 1
	! grep -qx "$watcher" asked || return 1
	rm wait
	await named 70001
	await named 70002
	kill -TERM "$watcher"
	ends 0
}
@test "a user's quota: other events come, one thread asks, and later events have the name" {
	export OWNER=usrquota
	with_functions hung
}
@test "a group's quota: the same" {
	export OWNER=grpquota
	with_functions hung
}

unshown() {
	service
	watch -n -1 -e edquot -o LIMIT
	reported() { exceed 70001 && [ -s json ]; }
	await reported
	ends 0
	equal "$(wc -l <asked)" 0
}
@test "where QUOTA-NAME is not shown, no name is asked for" {
	export OWNER=usrquota
	with_functions unshown
}

matched() {
	service
	rm wait
	watch -n -1 -e edquot -o LIMIT --match QUOTA-NAME=slow-70001
	reported() { exceed 70001 && [ -s json ]; }
	await reported
	ends 0
}
@test "where QUOTA-NAME is matched, though not shown, it is asked for" {
	export OWNER=usrquota
	with_functions matched
}

ends_at_once() {
	service
	watch -J
	await reports 70001
	local start=$EPOCHREALTIME
	kill -TERM "$watcher"
	ends 0
	(($(echo "$EPOCHREALTIME $start" | awk '{ printf "%d", ($1 - $2) * 1000 }') < 1000 * SLOW))
}
@test "it ends at once while the name service does not answer" {
	export OWNER=usrquota
	with_functions ends_at_once
}

# with_functions NAME: inside, with the functions of this file.
with_functions() {
	local body
	body="$(declare -f $FUNCTIONS "$1"); $1"
	eval "all() { $body; }"
	inside quota all
}
