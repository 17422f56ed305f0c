# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host
# Names that somebody chose do not steer a terminal, and do not look like other names.
# shellcheck disable=SC2016

load lib

export WATCHQ NO_COLOR=1
setup() { needs_mount_ns; cd "$BATS_TEST_TMPDIR" || return; }

# named COLUMNS SCRIPT: the script, where m has mounts with such names, on a terminal so wide.
# Its output is in out.
named() {
	cat >names <<-'END'
		mount -t tmpfs work m
		long=a-very-long-name-that-does-not-fit-in-any-column-of-this-terminal
		mkdir -p m/plain m/$long m/$'bidi\xe2\x80\xaetxt' m/$'rlm\xe2\x80\x8f' m/$'ä\xcc\x84äääääääääääääääääääääääääääääääääääääääääääääääää' m/$'c1\x9b31m'
		for dir in m/*; do mount -t tmpfs "${dir##*/}" "$dir"; done
	END
	mkdir -p m
	timeout $((30 * SLOW)) unshare -m script -qec "stty cols $1; bash -ec '. ./names; ${*:2}'" /dev/null </dev/null | tr -d '\r' >out
}

@test "a table: controls, also of the text's direction, are escaped" {
	local LC_ALL
	for LC_ALL in C.UTF-8 C; do
		export LC_ALL
		named 300 '"$WATCHQ" mounts --initial --once -u -o TARGET,FSTYPE m'
		grep -qF 'm/bidi\xe2\x80\xaetxt tmpfs' out
		grep -qF 'm/rlm\xe2\x80\x8f' out
		grep -qF 'm/c1\x9b31m' out
		! LC_ALL=C grep -qE $'\x9b|\xe2\x80' out || return 1
	done
	export LC_ALL=C.UTF-8
	named 300 '"$WATCHQ" mounts --initial --once -u -o TARGET,FSTYPE m'
	grep -q 'ääää tmpfs' out
	# The headings, also where that is the first row.
	named 300 '"$WATCHQ" mounts --initial --once -u -o TARGET,FSTYPE m/bidi*'
	grep -qx 'TARGET  *FSTYPE' out
	grep -c TARGET out | grep -qx 1
}

@test "a cell that is cut ends with a mark" {
	export LC_ALL=C.UTF-8
	named 60 '"$WATCHQ" mounts --initial --once -o TARGET,SOURCE,FSTYPE m'
	equal "$(head -n 1 out | xargs)" "TARGET SOURCE FSTYPE"
	grep -qE '/[^ ]*… a-very-long-[^ ]*… +tmpfs$' out
	grep -qE '/[^ ]*… +ä[^ ]*… +tmpfs$' out
	# Each line fits, in characters; a combining one has no width.
	equal "$(sed 's/\xcc\x84//; s/ä/a/g; s/…/+/g' out | awk 'length > 60')" ""
	export LC_ALL=C
	named 60 '"$WATCHQ" mounts --initial --once -o TARGET,SOURCE,FSTYPE m'
	grep -qE '/[^ ]*\+ a-very-long-[^ ]*\+ +tmpfs$' out
	! LC_ALL=C grep -q '[^[:print:][:space:]]' out || return 1
	# Nothing is cut where that is not wanted, or there is no terminal.
	export LC_ALL=C.UTF-8
	named 60 '"$WATCHQ" mounts --initial --once -u -o TARGET,SOURCE,FSTYPE m; "$WATCHQ" mounts --initial --once -o TARGET,SOURCE,FSTYPE m | cat'
	equal "$(grep -c -- '-of-this-terminal  *a-very-long.*-of-this-terminal tmpfs' out)" 2
	! grep -q '…' out || return 1
}

@test "messages: what is no printable character is escaped" {
	local LC_ALL bad=$'no\x9b31m\xe2\x80\xaesuch\x01\xe2\x80\x8fä\xff'
	export LC_ALL=C.UTF-8
	run -1 "$WATCHQ" wait -w 1 "$bad"
	[[ $output =~ 'no\x9b31m\xe2\x80\xaesuch\x01\xe2\x80\x8fä\xff' ]]
	export LC_ALL=C
	run -1 "$WATCHQ" wait -w 1 "$bad"
	[[ $output =~ 'no\x9b31m\xe2\x80\xaesuch\x01\xe2\x80\x8f\xc3\xa4\xff' ]]
}

@test "info PATH: its table has no controls of the text's direction" {
	export LC_ALL=C.UTF-8
	named 300 '"$WATCHQ" info m/bidi*'
	grep -q '^filesystem .*m/bidi?txt' out
	! grep -q $'\u202e' out || return 1
	# Nor is the path cut, so that it looks like another.
	named 300 '"$WATCHQ" info m/a-very*'
	grep -q '^filesystem .*m/a-very-long-name-that-does-not-fit-in-any-column-of-this-terminal' out
	# What only begins as such a control does is no other name.
	named 300 'mkdir m/bytes; mount -t tmpfs "$(printf "A\\342@nB")" m/bytes; "$WATCHQ" info m/bytes'
	grep -q '^filesystem  *tmpfs A.*@nB on' out
}
