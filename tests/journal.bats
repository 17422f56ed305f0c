# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host threads
# --journal: entries in the journal of a systemd-journald of the test's own.

load lib

JOURNALD=/usr/lib/systemd/systemd-journald
export WATCHQ DATA

setup() {
	case $BATS_TEST_DESCRIPTION in
	without*) ! has_libsystemd || skip "this build has libsystemd" ;;
	*) has_libsystemd || skip "this build has no libsystemd" ;;
	esac
	cd "$BATS_TEST_TMPDIR" || return
}
has_libsystemd() { ldd "$WATCHQ" | grep -q libsystemd; }

# In a mount namespace whose /run is its own, with a journal there, the function that is named.
inside() {
	[ "$(id -u)" = 0 ] || skip "mounting takes root"
	needs_mount_ns
	[ -x $JOURNALD ] || skip "systemd-journald is not there"
	[ -s /etc/machine-id ] || skip "systemd-journald takes /etc/machine-id"
	export JOURNALD SOCKET_GOES WHY
	timeout -k 5 $((100 * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone is_stopped equal unhex begin end entries has_entries same is_asleep stays_asleep has_read "$1")
		set -e
		begin
		trap end EXIT
		$1" || {
		local status=$?
		[ "$status" != 77 ] || skip "systemd-journald does not run here: $(tail -n 1 journald.err)"
		return "$status"
	}
}

# It looks at nothing of the machine's, and drops nothing.
begin() {
	mount -t tmpfs run /run
	mkdir -p /run/systemd/journald.conf.d /run/log/journal
	printf '[Journal]\nStorage=volatile\nAudit=no\nReadKMsg=no\nRateLimitBurst=0\nForwardToSyslog=no\nForwardToWall=no\n' \
		>/run/systemd/journald.conf.d/test.conf
	"$JOURNALD" 2>journald.err 3>&- &
	journald=$!
	await eval 'compgen -G "/run/log/journal/*/system.journal" || is_gone $journald'
	! is_gone "$journald" || exit 77
}
end() {
	kill -CONT "$journald" 2>/dev/null || :
	kill "$journald" $(jobs -p) 2>/dev/null || :
	wait || :
}

entries() { journalctl -D /run/log/journal --all -o json SYSLOG_IDENTIFIER=watchq "$@"; }
has_entries() { (($(entries | wc -l) >= $1)); }
stays_asleep() { is_asleep "$1" && sleep 0.2 && is_asleep "$1"; }

# same JSON: the fields of all entries are those of the lines of JSON.
same() {
	await has_entries "$(wc -l <"$1")"
	entries | jq -S -s 'def number: if type == "string" and test("^-?[0-9]+([.][0-9]+)?$") then tonumber else . end;
		map(with_entries(select(.key | startswith("WATCHQ_")) | .key |= (ltrimstr("WATCHQ_") | ascii_downcase) | .value |= number)) |
		sort_by(.seq)[]' >entries
	jq -S 'def number: if type == "string" and test("^-?[0-9]+([.][0-9]+)?$") then tonumber else . end;
		with_entries(select(.value != null) | .key |= (rtrimstr("_raw") | gsub(":"; "_")) | .value |= number)' "$1" >lines
	[ -s lines ]
	diff lines entries
}

# ---- Fields ----

every_type() {
	unhex "$DATA/every-type-little.hex" | tee capture | "$WATCHQ" decode --endian little -J >json
	equal "$("$WATCHQ" decode --endian little --journal capture 2>&1)" ""
	same json
}
@test "a capture of every type: the fields are those of JSON" { inside every_type; }

annotated() {
	unhex "$DATA/annotated-little.hex" >capture
	"$WATCHQ" decode -J capture >json
	"$WATCHQ" decode --journal capture
	same json
	grep -q '"description"' json
}
@test "names, times and marks: the fields are those of JSON" { inside annotated; }

asked() {
	unhex <<<"0100000110030000E803000000000000" >key
	unhex <<<"0400000A1800000001008000000000002A00000000000000" >block
	"$WATCHQ" decode --endian little --journal -o EVENT,info,type-nr key
	"$WATCHQ" decode --endian little --journal -o MAJ:MIN block
	WATCHQ_COLUMNS=sector,event "$WATCHQ" decode --endian little --journal -o +SECTOR block
	await has_entries 3
	fields() { jq -r 'with_entries(select(.key | startswith("WATCHQ_"))) | to_entries | sort_by(.key) | map("\(.key)=\(.value)") | join(" ")'; }
	equal "$(entries | fields)" "$(printf '%s\n' 'WATCHQ_EVENT=updated WATCHQ_INFO=0x00000310 WATCHQ_TYPE_NR=1' WATCHQ_MAJ_MIN=8:1 'WATCHQ_EVENT=io WATCHQ_SECTOR=42')"
}
@test "--output: those columns, also what JSON leaves out" { inside asked; }

newline() {
	name=$'a\nb\tc\xff\xc2\x85'
	mkdir "/run/$name"
	"$WATCHQ" mounts --journal -1 -C "mount -t tmpfs one '/run/$name'"
	await has_entries 1
	# shellcheck disable=SC2016
	entries | jq -e '(.WATCHQ_TARGET | type == "array" and (.[5:] | implode == "a\nb\tc\u00ff\u00c2\u0085")) and
		.WATCHQ_SOURCE == "one" and .WATCHQ_FSTYPE == "tmpfs" and .WATCHQ_EVENT == "new_mount" and
		.MESSAGE == "mount new_mount /run/a\\x0ab\\x09c\\xff\\xc2\\x85" and .PRIORITY == "6" and
		._TRANSPORT == "journal" and (has("CODE_FILE") | not)'
	mkdir $'/run/\xc3\xa4\xc2\x85\x7f'
	"$WATCHQ" mounts --journal -1 -C $'mount -t tmpfs two "/run/\xc3\xa4\xc2\x85\x7f"'
	await has_entries 2
	entries WATCHQ_SOURCE=two | jq -e '.WATCHQ_TARGET[5:] == [195, 164, 194, 133, 127] and .MESSAGE == "mount new_mount /run/ä\\xc2\\x85\\x7f"'
}
@test "a name arrives whole, whatever is in it; the message is one line of text" { inside newline; }

long() {
	dir=/run
	for i in {1..12}; do dir=$dir/$(printf '%0250d' "$i"); done
	mkdir -p "$dir"
	(cd "$dir" && "$WATCHQ" mounts --journal -1 -C "mount -t tmpfs one .")
	await has_entries 1
	equal "$(entries | jq -r .WATCHQ_TARGET)" "$dir"
}
@test "a long name arrives whole" { inside long; }

priorities() {
	unhex "$DATA/every-type-little.hex" >capture
	"$WATCHQ" decode --endian little --journal capture
	await has_entries "$("$WATCHQ" decode --endian little -J capture | wc -l)"
	of() { entries PRIORITY="$1" | jq -r 'select(.WATCHQ_TYPE != "unknown") | "\(.WATCHQ_TYPE)/\(.WATCHQ_EVENT)"' | sort -u | xargs; }
	equal "$(of 3)" "block/critical_medium block/critical_nexus block/critical_target block/device_resource block/io block/kernel_resource block/no_space block/protection block/recoverable_transport block/timeout sb/error usb/error"
	equal "$(of 4 | tr ' ' '\n' | grep -v ^meta/loss | xargs)" "key/expired key/invalidated key/revoked meta/removal meta/ring_loss mount/readonly sb/edquot sb/network sb/readonly sb/shutdown sb/unanswered"
	[[ " $(of 6) " == *" key/linked "*" mount/new_mount "*" sb/readwrite "* ]]
	equal "$(entries | jq -r 'select(.WATCHQ_EVENT == "error" and .WATCHQ_ERRNO == "EIO").MESSAGE')" "sb error 42: EIO"
}
@test "errors, warnings and the rest" { inside priorities; }

writable() {
	# A mount that became read-only, and one that became writable.
	unhex <<<"0200000318000200 0100000000000000 0000000000000000 0200000318000000 0100000000000000 0000000000000000" |
		"$WATCHQ" decode --endian little --journal
	await has_entries 2
	equal "$(entries | jq -r '"\(.WATCHQ_EVENT) \(.PRIORITY)"' | xargs)" "readonly 4 readwrite 6"
}
@test "a mount that became writable is no warning" { inside writable; }

# ---- Standard output ----

no_stdout() {
	for i in 1 2 3; do mkdir /run/$i; done
	{ "$WATCHQ" mounts --journal -c 3 -C 'sleep 0.2; for i in 1 2 3; do mount -t tmpfs x /run/$i; done' 2>err; echo $? >status; } | true
	equal "$(cat status)" 0
	"$WATCHQ" mounts --journal -c 1 -C 'umount /run/3' >&-
	"$WATCHQ" mounts --journal -c 1 -C 'umount /run/2' >/dev/full
	await has_entries 5
	equal "$(entries | wc -l)" 5
	equal "$("$WATCHQ" mounts --journal -c 1 -C 'umount /run/1')" ""
}
@test "nothing goes to standard output, and whoever reads it may go" { inside no_stdout; }

# ---- No journal ----

gone() {
	kill "$journald"
	await is_gone "$journald"
	unhex "$DATA/every-type-little.hex" >capture
	: >ran
	for i in there gone; do
		status=0
		"$WATCHQ" decode --endian little --journal capture 2>err || status=$?
		equal "$status" 1
		grep -q "^watchq: decode: /run/systemd/journal/socket: can't reach the journal: " err
		status=0
		"$WATCHQ" mounts --journal -C 'echo x >ran' 2>err || status=$?
		equal "$status" 125
		[ ! -s ran ]
		rm -f /run/systemd/journal/socket
	done
	grep -q "No such file or directory; see whether systemd-journald runs$" err
}
@test "no journal: an error before anything is watched" { inside gone; }

goes() {
	mkdir /run/mnt
	"$WATCHQ" mounts --journal -v --backend mountinfo 2>err 3>&- &
	pid=$!
	await grep -q ': ready$' err
	mount -t tmpfs x /run/mnt
	await has_entries 1
	kill "$journald"
	await is_gone "$journald"
	[ -z "$SOCKET_GOES" ] || rm /run/systemd/journal/socket
	umount /run/mnt
	status=0
	timeout $((10 * SLOW)) tail --pid "$pid" -f /dev/null
	wait "$pid" || status=$?
	equal "$status" 1
	grep -q "the journal: can't write: $WHY" err
}
@test "a journal that goes away: an error" { SOCKET_GOES='' WHY='Connection refused' inside goes; }
@test "a journal that goes away with its socket: an error" { SOCKET_GOES=yes WHY='No such file' inside goes; }

# It has begun to read the capture: it sleeps for another reason then than before.
# shellcheck disable=SC2046
has_read() { grep -q '^pos:.*[1-9]' /dev/null $(find /proc/"$1"/fd -lname '*/capture' | sed 's/fd/fdinfo/'); }
stopped() {
	unhex "$DATA/every-type-little.hex" >one
	for i in {1..40}; do cat one; done >capture
	kill -STOP "$journald"
	await is_stopped "$journald"
	"$WATCHQ" decode --endian little --journal capture 2>err 3>&- &
	pid=$!
	await has_read "$pid"
	await stays_asleep "$pid"
	kill -TERM "$pid"
	status=0
	timeout $((10 * SLOW)) tail --pid "$pid" -f /dev/null
	wait "$pid" || status=$?
	equal "$status" 1
	grep -q "not complete" err
	"$WATCHQ" decode --endian little --journal capture 2>err 3>&- &
	pid=$!
	await has_read "$pid"
	await stays_asleep "$pid"
	kill -CONT "$journald"
	wait "$pid"
	await eval 'entries _PID=$pid | tail -n 1 | grep -q "\"WATCHQ_SEQ\":\"$((40 * $("$WATCHQ" decode --endian little -J one | wc -l)))\""'
	equal "$(entries "_PID=$pid" | wc -l)" "$("$WATCHQ" decode --endian little -J capture | wc -l)"
}
@test "a journal that is behind is waited for, but not at the end" { inside stopped; }

# ---- Wrong use ----

@test "it goes with no other form, and with no file" {
	for form in -J -P -r -B --binary=annotated; do
		run -1 "$WATCHQ" decode --journal "$form" /dev/null
		[[ $output =~ "--json, --pairs, --raw, --binary and --journal exclude each other" ]]
	done
	run -1 "$WATCHQ" decode --journal --output-file x /dev/null
	[[ $output =~ "--journal and --output-file exclude each other" ]]
	[ ! -e x ]
}

@test "without libsystemd: status 2" {
	run -2 "$WATCHQ" decode --journal /dev/null
	[[ $output =~ "--journal: this build has no libsystemd" ]]
}
