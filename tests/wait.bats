# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine user
# watchq wait: conditions.

load lib
load wait

# ---- Already so ----

already() {
	mkdir m
	mount -t tmpfs one m
	"$WATCHQ" wait -J mounted:m rw:m unmounted:m/no device:/dev/null nodevice:nothing nodevice:m >json
	event '.source // ."maj:min" // ""' 'mounted:m holds one' 'rw:m holds one' 'unmounted:m/no holds ' \
		'device:/dev/null holds 1:3' 'nodevice:nothing holds ' 'nodevice:m holds '
	jq -se --arg target "$PWD/m" '.[0].target == $target and .[0].fstype == "tmpfs" and (.[0].options | startswith("rw"))' json
	mount -o remount,ro m
	"$WATCHQ" wait -J ro:m ro:m/ >json
	has_lines 2 json
	# What is not: time is up, and nothing is shown.
	local status=0
	"$WATCHQ" wait -J -w 100ms rw:m >json || status=$?
	equal "$status:$(cat json)" 3:
}
@test "what is so already: at once, with what was found" { inside already; }

@test "keys that are so already" {
	ring=$(keyctl newring ring @s)
	good=$(keyctl add user good x "$ring")
	bad=$(keyctl add user bad x "$ring")
	old=$(keyctl add user old x "$ring")
	keyctl revoke "$bad"
	keyctl timeout "$old" 1
	run -0 --separate-stderr watchq wait -J -w 10 "key:$good" key:%user:good "revoked:$bad" revoked:%user:bad "nokey:$bad" \
		nokey:%user:none "linked:$ring/user:good" linked:%:ring/user:good "expired:$old"
	equal "$(jq -r .condition <<<"$output" | sort)" "$(printf '%s\n' "key:$good" key:%user:good "revoked:$bad" revoked:%user:bad \
		"nokey:$bad" nokey:%user:none "linked:$ring/user:good" linked:%:ring/user:good "expired:$old" | sort)"
	jq -se --argjson key "$good" 'any(.condition == "key:%user:good" and .key == $key and .description == "good")' <<<"$output"
	jq -se --argjson key "$good" 'any(.condition == "linked:%:ring/user:good" and .aux == $key and .aux_description == "good")' <<<"$output"
	# By now it has expired.
	run -0 --separate-stderr watchq wait -J "expired:$old" "nokey:$old"
	equal "$(jq -r .event <<<"$output" | xargs)" 'holds holds'
	keyctl unlink "$ring" @s
}

# ---- Becoming so ----

mounts() {
	mkdir m
	begin mounted:m
	mount -t tmpfs one m
	ends 0
	event .source 'mounted:m new_mount one'
	begin ro:m
	mount -o remount,ro m
	ends 0
	event .options "ro:m $(jq -r .event json) $(jq -r .options json)"
	jq -e '.event == "readonly" and (.options | startswith("ro"))' json
	begin rw:m
	mount -o remount,rw m
	ends 0
	jq -e '.condition == "rw:m" and (.options | startswith("rw"))' json
	begin unmounted:m
	umount m
	ends 0
	event .source 'unmounted:m unmount one'
	# A path that is not there yet; and those through links that come before and later.
	begin --all mounted:a/b/c mounted:link/c mounted:late
	mkdir -p a/b/c
	ln -s a/b link
	mount -t tmpfs two a/b/c
	await has_lines 2 json
	ln -s link/c late
	ends 0
	equal "$(jq -r '"\(.condition) \(.source)"' json | sort)" "$(printf '%s\n' 'mounted:a/b/c two' 'mounted:late two' 'mounted:link/c two')"
	# Of two mounts one goes: it is mounted still.
	mount -t tmpfs three a/b/c
	begin unmounted:a/b/c
	umount a/b/c
	mkdir other
	mount -t tmpfs other other
	"$WATCHQ" wait mounted:other >/dev/null
	[ ! -s json ]
	umount a/b/c
	ends 0
	# A move is as good.
	begin mounted:m unmounted:other
	mount --make-private .
	mount --move other m
	ends 0
	equal "$(jq -r '"\(.condition) \(.event)"' json | sort)" "$(printf '%s\n' 'mounted:m move_to' 'unmounted:other move_from')"
}
@test "mounts: each condition becomes so" { inside mounts; }

is_no_more() { ! keyctl describe "$1"; }
keys() {
	local ring k
	ring=$(keyctl newring ring @s)
	begin --interval 5s key:%user:wait-first
	k=$(keyctl add user wait-first x "$ring")
	ends 0
	# Without a pipe or a trace it is found by looking.
	if grep -q '"holds"' json; then event .description "key:%user:wait-first holds wait-first"
	else event .aux_description "key:%user:wait-first linked wait-first"; fi
	begin "linked:$ring/user:k2"
	keyctl add user k2 x "$ring" >/dev/null
	ends 0
	event .aux_description "linked:$ring/user:k2 linked k2"
	begin "revoked:$k"
	keyctl revoke "$k"
	ends 0
	event .key "revoked:$k revoked $k"
	k=$(keyctl add user k3 x "$ring")
	begin expired:%user:k3
	keyctl timeout "$k" 4		# three seconds and a part
	ends 0
	event .key "expired:%user:k3 expired $k"
	# It is so when another event is heard: that one has not made it so.
	k=$(keyctl add user k6 x "$ring")
	begin "expired:$k"
	kill -STOP "$waiter"
	keyctl timeout "$k" 1
	await is_no_more "$k"
	kill -CONT "$waiter"
	ends 0
	grep -qE '"event":"(holds|expired)"' json
	k=$(keyctl add user k4 x "$ring")
	begin "nokey:$k"
	keyctl unlink "$k" "$ring"
	ends 0
	equal "$(jq -r .condition json)" "nokey:$k"
	# By name: it is not found any more, though somebody has it still.
	k=$(keyctl add user k5 x "$ring")
	keyctl link "$k" @s
	keyctl unlink "$k" "$ring"
	begin nokey:%user:k5
	keyctl unlink "$k" @s
	ends 0
	keyctl unlink "$ring" @s
}
@test "keys: each condition becomes so" { inside keys is_no_more; }

devices() {
	begin device:d/e/null
	mkdir d
	ln -s real d/e
	mkdir d/real
	mknod d/real/null c 1 3
	ends 0
	event '."maj:min"' 'device:d/e/null holds 1:3'
	begin nodevice:d/e/null
	rm d/e
	ends 0
	event '' 'nodevice:d/e/null holds'
	# A file of that name is none; and what comes may be moved there.
	begin "device:$PWD/d/dev"
	touch d/dev
	rm d/dev
	mv d/real/null d/dev
	ends 0
	event '."maj:min"' "device:$PWD/d/dev holds 1:3"
	# Mounted over the way.
	mkdir over
	begin device:over/null
	mount --bind /dev over
	ends 0
	# By a link to a link, absolute and with "..".
	begin device:way/in
	mkdir way
	ln -s "$PWD/way/../d/two" way/in
	ln -s ../d/dev d/two
	ends 0
	event '."maj:min"' 'device:way/in holds 1:3'
}
@test "devices: each condition becomes so, whatever of the path comes how" { inside devices; }

loop() {
	local device
	truncate -s 1M img
	mkdir by-name
	begin device:by-name/disk
	device=$(losetup -f --show img)
	ln -s "$device" by-name/disk
	ends 0
	jq -e --arg name "${device##*/}" '.device == $name and .devtype == "disk" and .size == 1048576' json
	losetup -d "$device"
}
@test "device: a disk, with its size" {
	needs_loop
	inside loop
}

# ---- Where nothing tells of it, or not here ----

links() {
	mkdir x src
	mount -t tmpfs s src
	mkdir -p src/y/z
	# A link whose target comes with a mount.
	ln -s x/y l
	begin mounted:l/z rw:l/z
	mount --bind src x
	mount -t tmpfs q x/y/z
	ends 0
	# A loop of links leads nowhere, until it is none.
	ln -s b a
	ln -s a b
	begin mounted:a/m
	rm b
	mkdir -p b/m
	mount -t tmpfs r b/m
	ends 0
}
@test "links whose target comes with a mount; loops of links" { inside links; }

hidden() {
	local status=0
	mkdir -p b/c m1 m2
	mount -t tmpfs lower b/c
	mount -t tmpfs upper b
	"$WATCHQ" wait -w 100ms mounted:b/c >/dev/null || status=$?
	equal "$status" 3
	"$WATCHQ" wait -J unmounted:b/c >json
	begin mounted:b/c
	umount b
	ends 0
	# Of two at one place the one on top counts, whichever was mounted first.
	mount --make-private .
	mount -t tmpfs old m1
	mount -t tmpfs -o ro new m2
	mount --move m1 m2
	touch m2/writable
	"$WATCHQ" wait -J -w 1 rw:m2/writable >json
	jq -e '.source == "old"' json
	# In a working directory that another mount hides.
	rm err
	mkdir cw
	cd cw
	mount -t tmpfs over "$PWD"
	"$WATCHQ" wait -v -w 10 device:nul >../json 2>../err &
	waiter=$!
	await grep -q ': ready$' ../err
	mknod nul c 1 3
	cd ..
	ends 0
}
@test "what is hidden beneath another mount" { inside hidden; }

elsewhere() {
	local ring k
	# What is made in another session is found by looking, and looked at from then on; not
	# before it may be.
	begin -w 20 --interval 50ms "revoked:$(id -u):user:far" "linked:$(id -u)::farring/user:late"
	kill -STOP "$waiter"
	await is_stopped "$waiter"
	keyctl session - sh -c 'k=$(keyctl add user far x @s); r=$(keyctl newring farring @s); keyctl setperm $r 0x3f3f0000
		keyctl setperm $k 0x3f3f0000; touch made; sleep $SLOW; keyctl add user late x $r; keyctl revoke $k
		while [ ! -e over ]; do sleep 0.02; done' >/dev/null 2>&1 &
	await test -e made
	kill -CONT "$waiter"
	ends 0
	touch over
	wait
	# A key that may not be viewed.
	ring=$(keyctl newring ring @s)
	k=$(keyctl add user blind x "$ring")
	keyctl setperm "$k" 0x3e3e0000
	begin -w 20 --interval 50ms --any "nokey:$k" mounted:nowhere
	keyctl revoke "$k"
	ends 0
	keyctl unlink "$ring" @s
}
@test "keys that nothing here tells of are looked at" { inside elsewhere; }

many() {
	local status=0
	(
		ulimit -n 64
		exec timeout $((20 * SLOW)) "$WATCHQ" wait -w 1 --interval 50ms $(seq -f key:%%user:none%g 100)
	) >/dev/null 2>&1 || status=$?
	equal "$status" 3
}
@test "more conditions than descriptors" { inside many; }

ceases() {
	# What nothing tells of is looked at once more before the end.
	mount -t tmpfs -o mode=755 user /mnt
	cd /mnt
	mkdir -m 711 np
	mkdir -m 755 o
	mknod np/d c 1 3
	setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" wait -v -J -w 20 --interval 1h device:np/d device:o/e >json 2>err &
	waiter=$!
	await grep -q ': ready$' err
	has_lines 1 json
	rm np/d
	mknod o/e c 1 3
	await has_lines 2 json
	sleep 0.2
	! is_gone "$waiter" || return 1
	kill "$waiter"
	ends 143
}
@test "--all: what has ceased to be so meanwhile is not" { inside ceases; }

@test "what may not be looked at: status 2" {
	mkdir -m 700 shut
	run -2 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" wait "device:$PWD/shut/x"
	[[ $stderr == *"shut/x: Permission denied"* ]]
	run -2 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" wait --any "mounted:$PWD/shut/x"
}

# ---- Several ----

several() {
	local status=0
	mkdir a b
	begin --any mounted:a mounted:b
	mount -t tmpfs one b
	ends 0
	event .source 'mounted:b new_mount one'
	umount b
	# All: at the same time.
	begin mounted:a mounted:b
	mount -t tmpfs one a
	await has_lines 1 json
	umount a
	mount -t tmpfs two b
	await has_lines 2 json
	! is_gone "$waiter" || return 1
	mount -t tmpfs three a
	ends 0
	event .source 'mounted:a new_mount one' 'mounted:b new_mount two' 'mounted:a new_mount three'
	"$WATCHQ" wait --any mounted:a unmounted:a >table
	equal "$(sed -n 2p table | awk '{ print $2, $3 }')" 'mounted:a holds'
	equal "$(head -n 1 table | xargs)" 'TIME CONDITION EVENT DETAIL'
	"$WATCHQ" wait -w 0.2 --any unmounted:a unmounted:b >/dev/null || status=$?
	equal "$status" 3
}
@test "--all: at the same time, each with what made it so; --any: the first of them" { inside several; }

# ---- Never ----

never() {
	local ring k status=0
	ring=$(keyctl newring ring @s)
	k=$(keyctl add user k x "$ring")
	begin "revoked:$k"
	keyctl unlink "$k" "$ring"
	ends 1
	grep -q "$k: the key is gone, and was not revoked" err
	# Another condition can be so still.
	k=$(keyctl add user k x "$ring")
	begin --any "revoked:$k" "nokey:$k"
	keyctl unlink "$k" "$ring"
	ends 0
	k=$(keyctl add user k x "$ring")
	begin --any "revoked:$k" mounted:m
	keyctl unlink "$k" "$ring"
	await grep -q 'the key is gone' err
	mkdir m
	mount -t tmpfs one m
	ends 0
	# Of a name, the next one is waited for.
	k=$(keyctl add user again x "$ring")
	begin revoked:%user:again
	keyctl unlink "$k" "$ring"
	k=$(keyctl add user again x "$ring")
	"$WATCHQ" wait key:%user:again >/dev/null
	keyctl revoke "$k"
	ends 0
	"$WATCHQ" wait -w 5 revoked:2147483646 2>err || status=$?
	equal "$status" 1
	grep -q '2147483646: there is no such key' err
	keyctl unlink "$ring" @s
}
@test "what can never be so any more is an error, and not waited for" { inside never; }

# ---- Idle ----

idle() {
	begin mounted:m device:d/e
	[ -z "$(cat json)" ]
	await eval '[ "$(grep -h ctxt /proc/"$waiter"/task/*/status | md5sum)" = "$(sleep 1.5; grep -h ctxt /proc/"$waiter"/task/*/status | md5sum)" ]'
}
@test "idle: no wake-ups" {
	[ -z "$SANITIZED" ] || skip "a sanitizer has threads of its own"
	inside idle
}

# ---- Ordinary users, wrong use, output ----

user() {
	# Where nobody may come, too.
	mount -t tmpfs -o mode=755 user /mnt
	cd /mnt
	mkdir m
	chmod 777 .
	setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" wait -v -J mounted:m device:m/null >json 2>err &
	waiter=$!
	await grep -q ': ready$' err
	mount -t tmpfs -o mode=755 one m
	mknod m/null c 1 3
	ends 0
	equal "$(jq -r .condition json | sort | xargs)" 'device:m/null mounted:m'
	# What may not be read is looked at now and then.
	mkdir -m 711 shut
	rm -f err
	setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" wait -v -J --interval 50ms device:shut/null >json 2>err &
	waiter=$!
	await grep -q ': ready$' err
	mknod shut/null c 1 3
	ends 0
}
@test "a condition of thousands of bytes, shown many times" {
	local path='' columns i
	for i in {1..19}; do path+=/$(printf '\001%.0s' {1..200}); done
	columns=$(printf 'CONDITION,%.0s' {1..12})
	"$WATCHQ" wait -J -o "${columns%,}" "unmounted:$path" >json
	equal "$(jq -r .condition json | tr '\001' x)" "unmounted:${path//$'\001'/x}"
	"$WATCHQ" wait -n -o "${columns%,}" "unmounted:$path" >table
	equal "$(wc -l <table)" 1
}

@test "as an ordinary user" { inside user; }

@test "wrong use" {
	run -1 --separate-stderr watchq wait
	[[ $stderr == *'wait for what?'* ]]
	run -1 --separate-stderr watchq wait mount:/
	[[ $stderr == *"unknown condition 'mount'; did you mean 'mounted'?"* ]]
	run -1 --separate-stderr watchq wait mounted:
	[[ $stderr == *'mounted:: expected mounted:PATH'* ]]
	run -1 --separate-stderr watchq wait key:nonsense
	[[ $stderr == *'nonsense: not a key'* ]]
	run -1 --separate-stderr watchq wait linked:@s
	[[ $stderr == *'expected linked:KEYRING/TYPE:DESCRIPTION'* ]]
	run -1 --separate-stderr watchq wait -B mounted:/
	[[ $stderr == *"unknown option '-B'"* ]]
	run -3 watchq wait -w 10ms unmounted:/
}

output() {
	local status=0
	mkdir m
	"$WATCHQ" wait mounted:/proc >/dev/full 2>err || status=$?
	equal "$status" 1
	grep -q "can't write: No space left on device" err
	# Who has read enough is gone; it waits on.
	"$WATCHQ" wait -v -w 20 mounted:/proc mounted:m 2>err | head -n 1 >/dev/null &
	waiter=$!
	await grep -q ': ready$' err
	mount -t tmpfs one m
	ends 0
	"$WATCHQ" wait -n -o CONDITION --output-file there mounted:m
	equal "$(cat there)" mounted:m
	# A signal is not what was waited for.
	begin mounted:n
	kill "$waiter"
	ends 143
}
@test "a full disk, a reader that is gone, a file, a signal" { inside output; }

types() {
	mkdir m
	mount -t tmpfs one m
	"$WATCHQ" wait -w 10 --types tmpfs mounted:m rw:m unmounted:none >/dev/null
	"$WATCHQ" wait -w 10 --types notmpfs unmounted:m >/dev/null
	local status=0
	"$WATCHQ" wait -w 100ms -t notmpfs --any mounted:m rw:m || status=$?
	equal "$status" 3
	# What is mounted over it counts.
	begin --types notmpfs mounted:m
	mount -t tmpfs two m
	mount -t proc three m
	ends 0
	equal "$(jq -r '"\(.condition) \(.source) \(.fstype)"' json)" 'mounted:m three proc'
}
@test "--types: what is mounted there, or what a path is on, counts by its type" { inside types; }

@test "ro: of quotas nothing is said, since no condition is about them" {
	run -3 watchq wait -v -w 50ms ro:/proc
	[[ ! $output =~ quota ]]
}

@test "--any: a condition that the same event makes impossible is no failure beside one that is met" {
	k=$(keyctl add user wait-both v @s)
	begin --any --interval 100ms "revoked:$k" "nokey:$k"
	keyctl unlink "$k" @s
	ends 0
	! grep -q 'was not revoked' err
	run -0 --separate-stderr watchq wait --any "revoked:$k" "nokey:$k"
	[[ $stderr != *"there is no such key"* ]]
	# Alone, each is.
	run -1 --separate-stderr watchq wait --any "revoked:$k" "expired:$k"
	equal "$(grep -c "$k: there is no such key" <<<"$stderr")" 2
}
