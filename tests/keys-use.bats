# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel
# watchq keys as it is used: naming keys, filters, IDs, errors, ordinary users.

load lib

setup() { setup_ring; }
teardown() { teardown_ring; }

events() { jq -r .event "$1" | xargs; }

# As an ordinary user, with a session keyring of its own.
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups keyctl session - "$@" 2>/dev/null; }

# ---- Naming keys ----

@test "a key by serial, in decimal and hex, by type and description, by keyring name" {
	key=$(keyctl add user 'odd; name:x' v "$ring")
	named=$(keyctl newring a-ring "$ring")
	for spec in "$key" "$(printf 0x%x "$key")" '%user:odd; name:x'; do
		start json keys -J -1 "$spec"
		keyctl setperm "$key" 0x3f3f0000
		wait "$pid"
		equal "$(jq -c '[.object,.key,.description]' json)" "$(jq -cn --arg s "$spec" --argjson k "$key" '[$s,$k,"odd; name:x"]')"
	done
	start json keys -J -1 %:a-ring
	keyctl clear "$named"
	wait "$pid"
	equal "$(jq -c '[.object,.key,.event]' json)" "[\"%:a-ring\",$named,\"cleared\"]"
}

@test "@u and @us" {
	start json keys -J -c 2 @u @us
	key=$(keyctl add user k v @u)
	keyctl unlink "$key" @u
	wait "$pid"
	equal "$(jq -r .object json | xargs)" "@u @u"
	start json keys -J -c 1 @us
	key=$(keyctl add user k v @us)
	wait "$pid"
	keyctl unlink "$key" @us
	equal "$(jq -r .object json)" "@us"
}

@test "watchq's own keyrings and those that don't exist are refused, with the reason" {
	for own in @t @p; do
		run -1 watchq keys "$own"
		[[ $output =~ "$own: that is watchq's own keyring" ]]
	done
	run -2 watchq keys @g
	[[ $output =~ "@g: the kernel has no group keyrings" ]]
	run -1 watchq keys @a
	run -1 watchq keys @x
	[[ $output =~ "@x: no such keyring; there are @s, @u and @us" ]]
	for word in hello -5 12x 99999999999 '%' '%nothing' ''; do
		run -1 watchq keys -- "$word"
		[[ $output =~ "watchq: keys: $word: " ]]
	done
}

@test "the same key named twice is one watch with both names" {
	start json keys -J -c 2 "$ring" @u "$ring" -i 7
	keyctl add user k v "$ring"
	keyctl unlink %user:k "$ring"
	wait "$pid"
	equal "$(jq -c '[.id,.object]' json | sort -u)" "[7,\"$ring,$ring\"]"
}

@test "IDs: from --id on, in the order of the arguments" {
	second=$(keyctl newring second "$ring")
	third=$(keyctl newring third "$ring")
	start json keys -J -i 253 -c 3 "$ring" "$second" "$third"
	keyctl clear "$third"
	keyctl clear "$second"
	keyctl clear "$ring"
	wait "$pid"
	equal "$(jq -c '[.id,.object]' json | xargs)" "[255,$third] [254,$second] [253,$ring]"
	# There is none above 255: the last is shared.
	second=$(keyctl newring second "$ring")
	third=$(keyctl newring third "$ring")
	start json keys -J -i 254 -c 3 "$ring" "$second" "$third"
	keyctl clear "$third"
	keyctl clear "$second"
	keyctl clear "$ring"
	wait "$pid"
	equal "$(jq -c '[.id,.object]' json | xargs)" "[255,$third] [255,$second] [254,$ring]"
	run -1 watchq keys -i 0
	[[ $output =~ "--id: expected a number from 1 to 255" ]]
	run -1 watchq keys -i 256
}

@test "255 watches in one queue" {
	keys=()
	for i in $(seq 255); do keys+=("$(keyctl add user "k$i" v "$ring")"); done
	start json keys -J "${keys[@]}"
	keyctl revoke "${keys[254]}"
	keyctl revoke "${keys[0]}"
	await has_lines 2 json
	stop json
	equal "$(jq -c '[.id,.description]' json | xargs)" "[255,k255] [1,k1]"
}

@test "a session without a keyring of its own is warned of" {
	run -3 --separate-stderr bash -c 'keyctl new_session none >/dev/null 2>&1; exec "$0" keys -w 10ms' "$WATCHQ"
	equal "$stderr" ""
	# A process whose session keyring is gone sees the user's default one.
	run --separate-stderr setpriv --reuid 4711 --regid 4711 --clear-groups "$HELPERS/no-session" "$WATCHQ" keys -w 10ms
	equal "$status" 3
	equal "$(grep -c "@s: this session has no keyring of its own.*'watchq keys --all'" <<<"$stderr")" 1
	run -3 --separate-stderr setpriv --reuid 4711 --regid 4711 --clear-groups "$HELPERS/no-session" "$WATCHQ" keys -q -w 10ms
	equal "$stderr" ""
}

# ---- Errors ----

@test "no such key" {
	run -1 watchq keys 999999999
	[[ $output =~ "watchq: keys: 999999999: there is no such key" ]]
	run -1 watchq keys %user:nobody-has-this
	[[ $output =~ "watchq: keys: %user:nobody-has-this: there is no such key" ]]
}

@test "an expired key" {
	key=$(keyctl add user k v "$ring")
	keyctl timeout "$key" 1
	await is_expired "$key"
	run -1 watchq keys "$key"
	[[ $output =~ "$key: the key has expired" ]]
}
is_expired() { keyctl describe "$1" 2>&1 | grep -q expired; }

@test "a revoked key" {
	key=$(keyctl add user k v "$ring")
	keyctl revoke "$key"
	run -1 watchq keys "$key"
	[[ $output =~ "$key: the key is revoked" ]]
}

@test "no View permission: status 2, and who can give it" {
	key=$(keyctl add user k v "$ring")
	keyctl setperm "$key" 0x3f000000
	run -2 nobody "$WATCHQ" keys "$key"
	# keyctl session says which keyring it joined, on standard error.
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups keyctl session - "$WATCHQ" keys "$key" 2>&1 || true)
	[[ $out =~ "$key: no View permission on the key; its owner can give it with 'keyctl setperm'" ]]
}

@test "the limit of watches: which, how many, how to raise it" {
	keys=()
	for i in $(seq 60); do keys+=("$(keyctl add user "k$i" v "$ring")"); done
	for key in "${keys[@]}"; do keyctl setperm "$key" 0x3f01003f; done
	out=$(setpriv --reuid 4712 --regid 4712 --clear-groups bash -c 'ulimit -n 40; "$0" keys "$@" 2>&1; echo "status $?"' \
		"$WATCHQ" "${keys[@]}" || true)
	[[ $out =~ "this user's limit of watches is reached: 40, over all processes; raise 'ulimit -n'" ]]
	[[ $out =~ "status 1" ]]
}

@test "depth: the most there is by default, what is asked for, else an error" {
	start json keys -J "$ring"
	grep -q "queue of 512 records" json.err
	stop json
	start json keys -J -d 33 "$ring"
	grep -q "queue of 64 records" json.err
	stop json
	run -1 watchq keys -d 513 "$ring"
	[[ $output =~ "--depth: expected a number from 1 to 512, not '513'" ]]
	run -1 watchq keys -d 0 "$ring"
}

@test "where the limit on pipes gives less, less it is, and said under -v" {
	[ -w /proc/sys/fs/pipe-user-pages-soft ] || skip "needs root"
	before=$(cat /proc/sys/fs/pipe-user-pages-soft)
	echo 4 >/proc/sys/fs/pipe-user-pages-soft
	out=$(setpriv --reuid 4713 --regid 4713 --clear-groups --inh-caps=-all --bounding-set=-all \
		keyctl session - "$WATCHQ" keys -v -w 10ms 2>&1; true)
	asked=$(setpriv --reuid 4713 --regid 4713 --clear-groups --inh-caps=-all --bounding-set=-all \
		keyctl session - "$WATCHQ" keys -d 512 -w 10ms 2>&1; echo "status $?")
	echo "$before" >/proc/sys/fs/pipe-user-pages-soft
	[[ $out =~ "queue of "([0-9]+)" records: all that the limit on this user's pipes leaves" ]]
	((BASH_REMATCH[1] >= 32 && BASH_REMATCH[1] < 512))
	[[ $asked =~ "can't make the queue 512 records deep" ]]
	[[ $asked =~ "status 1" ]]
}

# ---- Filters ----

@test "--events: only these, of all watches" {
	start json keys -J -e unlinked,cleared "$ring"
	keyctl add user k v "$ring"
	keyctl unlink %user:k "$ring"
	keyctl clear "$ring"
	await has_lines 2 json
	stop json
	equal "$(events json)" "unlinked cleared"
}

@test "--raw-filter by watch ID" {
	other=$(keyctl newring other @s)
	start json keys -J -f 'key:*:0x200/0xff00' "$ring" "$other"
	keyctl clear "$ring"
	keyctl clear "$other"
	keyctl clear "$ring"
	keyctl add user k v "$other"
	await has_lines 2 json
	stop json
	equal "$(jq -c '[.id,.event]' json | xargs)" "[2,cleared] [2,linked]"
	keyctl unlink "$other" @s
}

@test "sixteen rules, also where names need a seventeenth" {
	rules=()
	for i in $(seq 16); do rules+=(-f "key:unlinked:$(printf 0x%x $((i << 8)))/0xff00"); done
	start json keys -J "${rules[@]}" "$ring"
	start all keys -J "$ring"
	keyctl add user k v "$ring"
	await has_lines 1 all		# else it may be gone before it is looked up
	keyctl unlink %user:k "$ring"
	await has_lines 1 json
	stop all
	stop json
	equal "$(jq -c '[.event,.aux_description]' json)" '["unlinked","k"]'
	run -1 watchq keys "${rules[@]}" -f 'key:unlinked:0x1100/0xff00' "$ring"
	[[ $output =~ "a filter holds no more than 16 rules" ]]
}

@test "a filter that rejects all still passes the removal" {
	key=$(keyctl add user k v "$ring")
	start json keys -J -f 'key:7:0x10000/0x10000' "$key"
	keyctl update "$key" other
	keyctl unlink "$key" "$ring"
	wait "$pid"
	equal "$(events json)" "removal"
}

@test "a filter that can deliver nothing is an error, not silence" {
	for filter in '-f mount' '-f 0x777777' '-f key:32-127' '-f block'; do
		# shellcheck disable=SC2086
		run -1 watchq keys $filter "$ring"
		[[ $output =~ "no backend of keys reports these events" ]]
	done
}

@test "filters agree with the kernel's own, rule by rule" {
	# The same changes, once filtered by the kernel and us, once by us alone.
	start all keys -B "$ring" @u
	filters=('key:2' 'key:3,4' 'key:linked-cleared:0x100/0xff00' 'key:*:0x200/0xff00' 'key:*:0/0x80' 'meta' 'key:*:0x10000/0x10000')
	for i in "${!filters[@]}"; do start "f$i" keys -B -f "${filters[i]}" "$ring" @u; done
	key=$(keyctl add user k v "$ring")
	keyctl link "$key" @u
	keyctl unlink "$key" "$ring"
	keyctl clear "$ring"
	keyctl unlink "$key" @u
	await has_bytes 80 all
	stop all
	for i in "${!filters[@]}"; do
		stop "f$i"
		watchq decode -B -f "${filters[i]}" all | cmp - "f$i"
	done
}

@test "--match on a name" {
	start json keys -J -m AUX-DESCRIPTION=wanted -m EVENT=linked -1 "$ring"
	keyctl add user unwanted v "$ring"
	keyctl add user wanted v "$ring"
	wait "$pid"
	equal "$(jq -c '[.seq,.event,.aux_description]' json)" '[1,"linked","wanted"]'
}

# ---- Running ----

@test "as an ordinary user, in a session of its own" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test "$BATS_TEST_TMPDIR"
	cat >"$BATS_TEST_TMPDIR/script" <<-'END'
	"$1" keys @s -J -c 2 -v 2>"$2/err" >"$2/json" &
	until grep -q ready "$2/err"; do sleep 0.02; done
	keyctl add user mine v @s
	until grep -q linked "$2/json"; do sleep 0.02; done	# else it may be gone too soon
	keyctl unlink %user:mine @s
	wait $!
	END
	mkdir -m 777 user
	nobody bash "$BATS_TEST_TMPDIR/script" "$WATCHQ" "$BATS_TEST_TMPDIR/user"
	equal "$(jq -c '[.event,.object,.aux_description]' user/json | xargs)" "[linked,@s,mine] [unlinked,@s,mine]"
}

@test "the timeout is not reset by what is filtered out: status 3" {
	start json keys -J -w 1s -e revoked "$ring"
	local end=$((SECONDS + 8))
	while kill -0 "$pid" 2>/dev/null && ((SECONDS < end)); do keyctl clear "$ring"; sleep 0.1; done
	status=0
	wait "$pid" || status=$?
	equal "$status" 3
	equal "$(cat json)" ""
}

@test "idle means no wake-up" {
	start json keys -J "$ring"
	keyctl clear "$ring"
	await has_lines 1 json
	await stays_idle 1 "$pid"
	stop json
}

@test "head -1 ends it, without a word" {
	{ "$WATCHQ" keys -J -v "$ring" 2>err 3>&-; echo $? >status; } | head -1 >line 3>&- &
	await grep -q ready err
	keyctl clear "$ring"
	# head has its line and goes; nothing further comes from the kernel.
	await test -s status
	equal "$(cat status)" 0
	equal "$(jq -r .event line)" cleared
	equal "$(grep -v -e backend -e queue -e watching -e ready err || true)" ""
}

@test "on a terminal of 80 columns the default table fits" {
	type script || skip "no script(1) to make a terminal"
	cat >run <<-END
		stty cols 80
		exec "$WATCHQ" keys "$ring" -c 2 -w 10s -v 2>err
	END
	script -qec "bash run" tty >/dev/null 2>&1 3>&- </dev/null &
	await grep -q ready err
	keyctl add user short v "$ring"
	keyctl add user "$(printf 'long-%.0s' {1..100})" v "$ring"
	wait $!
	grep -q 'AUX-DESCRIPTION' tty
	grep -q 'linked.* short' tty
	grep -q 'linked.* long-' tty
	equal "$(tr -d '\r' <tty | sed 's/…/+/g' | grep -v '^Script' | awk 'length($0) > 80')" ""
}

@test "plain binary live, decoded live" {
	start bin keys -B "$ring"
	keyctl add user k v "$ring"
	keyctl clear "$ring"
	await has_bytes 32 bin
	stop bin
	equal "$(stat -c %s bin)" 32
	equal "$(watchq decode -J bin | jq -c '[.event,.key,.id,.description]' | xargs)" "[linked,$ring,1,null] [cleared,$ring,1,null]"
}

@test "the write end stays open: an empty queue is no end of it" {
	start json keys -J "$ring"
	# Both ends of the queue, and of the pipe by which the watchdog hands signals on.
	equal "$(find /proc/"$pid"/fd -lname 'pipe:*' -printf '%l\n' | sort | uniq -c | awk '$1 == 2' | wc -l)" 2
	keyctl clear "$ring"
	await has_lines 1 json
	keyctl clear "$ring"
	await has_lines 2 json
	stop json
}

@test "no descriptor is left to children: every one of its own is close-on-exec" {
	start json keys -J "$ring"
	for fd in /proc/"$pid"/fd/*; do
		fd=${fd##*/}
		((fd > 2)) || continue
		case $(readlink /proc/"$pid"/fd/"$fd") in
		pipe:* | anon_inode:*) ;;
		*) continue ;;	# bats' own
		esac
		flags=$(awk '/^flags/ { print $2 }' /proc/"$pid"/fdinfo/"$fd")
		(((8#$flags & 8#2000000) != 0)) || { ls -l /proc/"$pid"/fd; return 1; }
	done
	stop json
}

@test "what was posted before SIGTERM is shown, also if nothing of it has been read" {
	start json keys -J "$ring"
	kill -STOP "$pid"
	await is_stopped "$pid"
	keyctl clear "$ring"
	for i in $(seq 20); do keyctl add user "k$i" v "$ring" >/dev/null; done
	kill -TERM "$pid"
	kill -CONT "$pid"
	wait "$pid"
	equal "$(jq -r .event json | uniq -c | xargs)" "1 cleared 20 linked"
}

@test "DETAIL alone has names, too" {
	start raw keys -r -n -o DETAIL "$ring"
	key=$(keyctl add user called v "$ring")
	await has_lines 1 raw
	stop raw
	grep -q "aux=$key.*user: called" <(printf '%b\n' "$(cat raw)")
}

@test "serial numbers begin with 1" {
	for word in 0 -5 0x0; do
		run -1 watchq keys -- "$word"
		[[ $output =~ "$word: "(serial numbers of keys go from 1 to|not a key) ]]
	done
	run -1 watchq keys 0
	[[ $output =~ "0: serial numbers of keys go from 1 to 2147483647" ]]
}

@test "times follow a step of the wall clock" {
	[ -n "${WATCHQ_TEST_KERNEL:-}" ] || skip "only in the test kernel: it sets the clock"
	start json keys -J "$ring"
	keyctl clear "$ring"
	await has_lines 1 json
	was=$(date +%s)
	date -s "@$((was + 3600))" >/dev/null || skip "the clock can't be set here"
	keyctl clear "$ring"
	await has_lines 2 json || true
	date -s "@$((was + 1))" >/dev/null
	stop json
	jq -es '(.[1].time - .[0].time) > 3500 and (.[1].boottime - .[0].boottime) < 60' json
}

@test "a new owner alone is written to an annotated capture" {
	key=$(keyctl add user k v "$ring")
	start note keys -B=annotated "$key"
	keyctl chown "$key" 12
	await decodes_to 1 note
	keyctl chown "$key" 13
	stop note
	equal "$(watchq decode -J --output-all note | jq -c '[.event,.uid]' | xargs)" "[setattr,12] [setattr,13]"
}
decodes_to() { (($(watchq decode -J "$2" | wc -l) >= $1)); }

@test "attributes that may not be viewed any more are unknown, not what they were" {
	key=$(keyctl add user k v "$ring")
	start json keys -J --output-all "$key"
	start note keys -B=annotated "$key"
	keyctl setperm "$key" 0x3d3d0000
	await has_lines 1 json
	keyctl setperm "$key" 0x20200000
	await has_lines 2 json
	stop json
	stop note
	equal "$(jq -c '[.description,.uid,.gid,.perm]' json)" '["k",0,0,"3d3d0000"]
["k",null,null,null]'
	equal "$(watchq decode -J --output-all note | jq -c '[.description,.uid,.perm]' | tail -1)" '["k",null,null]'
}

@test "--match on DETAIL knows names" {
	start raw keys -r -n -o EVENT -m "DETAIL=key=$ring (keyring: called)" "$ring" @u
	stop raw
	named=$(keyctl newring called @s)
	start raw keys -r -n -o EVENT -1 -m "DETAIL=key=$named (keyring: called)" "$ring" "$named"
	keyctl clear "$ring"
	keyctl clear "$named"
	wait "$pid"
	equal "$(out raw)" cleared
	keyctl unlink "$named" @s
}

@test "a removal that was lost ends it all the same, and is said" {
	key=$(keyctl add user k v "$ring")
	later=$(keyctl add user later v "$ring")
	start json keys -J -d 32 "$key"
	json_pid=$pid
	start other keys -J "$later"
	pid=$json_pid
	kill -STOP "$pid"
	await is_stopped "$pid"
	for i in $(seq 40); do keyctl update "$key" "$i"; done
	keyctl unlink "$key" "$ring"
	await has_no_key "$key"
	# Keys are collected in order: when this one's removal is out, so is the other's.
	keyctl unlink "$later" "$ring"
	wait "$pid_other"
	kill -CONT "$pid"
	await is_gone "$pid"
	status=0
	wait "$pid" || status=$?
	equal "$status" 0
	equal "$(tail -2 json | jq -c '[.event,.mark,.key,.description]')" '["loss",null,null,null]
["removal","resync",'"$key"',"k"]'
}

@test "as many names for one key as a note can hold, and more" {
	named=()
	for i in 1 2 3 4 5 6 7 8 9; do named+=("%user:$(printf 'a%.0s' {1..4000})"); done
	key=$(keyctl add user "$(printf 'a%.0s' {1..4000})" v @s)
	start note keys -B=annotated "${named[@]}"
	keyctl update "$key" x
	await has_bytes 31000 note
	stop note
	equal "$(watchq decode -J note | jq -r .event)" updated
	keyctl unlink "$key" @s
}
