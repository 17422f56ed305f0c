# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel threads
# What each operation on keys posts, shown as a table, as JSON and as records.

load lib

setup() { setup_ring; }
teardown() { teardown_ring; }

# watching KEY...: three watches of the same keys, one a form.
watching() {
	start json keys -J "$@"
	start table keys -n -o MARK,EVENT,KEY,AUX "$@"
	start binary keys -B "$@"
}

# posted LINE...: exactly these events came, `[resync] EVENT KEY [AUX]`, in every form;
# those marked aren't among plain records. What was posted before the signal is shown:
# nothing to wait for.
posted() {
	local want
	want=$(printf '%s\n' "$@")
	[ $# -gt 0 ] || want=
	stop json
	stop table
	stop binary
	equal "$(jq -r '[.mark, .event, .key, .aux] | map(values | tostring) | join(" ")' json)" "$want"
	equal "$(awk '{ $1 = $1; print }' table)" "$want"
	equal "$(watchq decode -J binary | jq -r '[.event, .key, .aux] | map(values | tostring) | join(" ")')" \
		"$(grep -v resync <<<"$want" || true)"
}

@test "add_key: linked" {
	watching "$ring"
	key=$(keyctl add user k v "$ring")
	posted "linked $ring $key"
}

@test "request_key: linked into the keyring asked for" {
	key=$(keyctl add user findme v @s)
	watching "$ring"
	equal "$(keyctl request user findme "$ring")" "$key"
	posted "linked $ring $key"
	keyctl unlink "$key" @s
}

@test "link, and link again: linked each time" {
	key=$(keyctl add user k v @s)
	watching "$ring"
	keyctl link "$key" "$ring"
	keyctl link "$key" "$ring"
	posted "linked $ring $key" "linked $ring $key"
	keyctl unlink "$key" @s
}

@test "a link that displaces another of that name: no unlinked is posted, but it is told" {
	first=$(keyctl newring same "$ring")
	watching "$ring"
	second=$(keyctl newring same "$ring")
	[ "$first" != "$second" ]
	equal "$(keyctl rlist "$ring")" "$second"
	posted "resync unlinked $ring $first" "linked $ring $second"
}

@test "add_key over a key: updated on the key, nothing on the keyring" {
	key=$(keyctl add user k v "$ring")
	watching "$ring" "$key"
	equal "$(keyctl add user k other "$ring")" "$key"
	posted "updated $key"
}

@test "update: updated" {
	key=$(keyctl add user k v "$ring")
	watching "$key"
	keyctl update "$key" other
	posted "updated $key"
}

@test "unlink: unlinked" {
	key=$(keyctl add user k v "$ring")
	watching "$ring"
	keyctl unlink "$key" "$ring"
	posted "unlinked $ring $key"
}

@test "move: unlinked here, then linked there" {
	key=$(keyctl add user k v "$ring")
	to=$(keyctl newring to @s)
	watching "$ring" "$to"
	keyctl move "$key" "$ring" "$to"
	posted "unlinked $ring $key" "linked $to $key"
	keyctl unlink "$to" @s
}

@test "clear: cleared, once, also if there was nothing to clear" {
	keyctl add user a v "$ring"
	keyctl add user b v "$ring"
	watching "$ring"
	keyctl clear "$ring"
	keyctl clear "$ring"
	posted "cleared $ring" "cleared $ring"
}

@test "revoke: revoked on the key, nothing on its keyring" {
	key=$(keyctl add user k v "$ring")
	watching "$key" "$ring"
	keyctl revoke "$key"
	posted "revoked $key"
}

@test "revoking a keyring: revoked, and not cleared" {
	keyctl add user k v "$ring"
	watching "$ring"
	keyctl revoke "$ring"
	posted "revoked $ring"
}

@test "invalidate: invalidated, then it leaves the keyring without a record, then the removal" {
	key=$(keyctl add user k v "$ring")
	watching "$key" "$ring"
	keyctl invalidate "$key"
	await has_removal
	posted "invalidated $key" "resync unlinked $ring $key" "removal $key"
}
has_removal() { grep -q '"removal"' json && grep -q removal table && has_bytes 32 binary; }

@test "setperm, chown, chgrp, timeout, restrict_keyring: setattr" {
	key=$(keyctl add user k v "$ring")
	watching "$key" "$ring"
	keyctl setperm "$key" 0x3f3f0000
	keyctl chown "$key" 1
	keyctl chgrp "$key" 1
	keyctl timeout "$key" 1000
	keyctl restrict_keyring "$ring"
	posted "setattr $key" "setattr $key" "setattr $key" "setattr $key" "setattr $ring"
}

@test "an unlinked key goes: the removal names it, and watching ends with the last" {
	key=$(keyctl add user k v "$ring")
	start json keys -J "$key"
	keyctl unlink "$key" "$ring"
	wait "$pid"
	equal "$(jq -c '[.type, .event, .id, .object, .key, .description]' json)" \
		"[\"meta\",\"removal\",1,\"$key\",$key,\"k\"]"
}

@test "expiry posts nothing, so it isn't among plain records; all else has it" {
	key=$(keyctl add user k v "$ring")
	start json keys -J "$key"
	start table keys -n -o EVENT,KEY "$key"
	start binary keys -B "$key"
	keyctl timeout "$key" 1
	await has_lines 2 json
	await has_lines 2 table
	for name in json table binary; do stop "$name"; done
	equal "$(jq -r '"\(.event) \(.key)"' json | xargs)" "setattr $key expired $key"
	equal "$(awk '{ $1 = $1; print }' table | xargs)" "setattr $key expired $key"
	equal "$(watchq decode -J binary | jq -r '"\(.event) \(.key)"')" "setattr $key"
}

@test "a negated key is announced by nobody, but linked" {
	start json keys -J "$ring"
	keyctl request2 user nobody-has-this '' "$ring" 2>/dev/null || true
	stop json
	equal "$(jq -r .event json | sort -u | grep -v linked || true)" ""
}

@test "a line is complete: types, names, IDs, times" {
	key=$(keyctl add user before v "$ring")
	start json keys -J "$ring" "$key"
	new=$(keyctl add user a b "$ring")
	keyctl revoke "$key"
	await has_lines 2 json
	stop json
	equal "$(head -1 json | jq -c 'del(.time, .boottime, .description)')" \
		"{\"seq\":1,\"type\":\"key\",\"type_nr\":1,\"event\":\"linked\",\"event_nr\":2,\"id\":1,\"object\":\"$ring\",\"key\":$ring,\"key_type\":\"keyring\",\"aux\":$new,\"aux_type\":\"user\",\"aux_description\":\"a\"}"
	equal "$(tail -1 json | jq -c '[.seq,.event,.id,.object,.key,.key_type,.description]')" \
		"[2,\"revoked\",2,\"$key\",$key,\"user\",\"before\"]"
	# Its time is now, on both clocks, to ten seconds.
	now=$(date +%s)
	up=$(cut -d. -f1 /proc/uptime)
	jq -es --argjson now "$now" --argjson up "$up" \
		'all((.time - $now | fabs) < 10 and (.boottime - $up | fabs) < 10)' json
}

@test "the session keyring is the default, and 'a' is linked into it" {
	start json keys @s -J -1
	keyctl add user a b @s
	wait "$pid"
	equal "$(jq -c '[.event,.object,.aux_description]' json)" '["linked","@s","a"]'
	start json2 keys -J -1
	keyctl unlink %user:a @s
	wait "$pid"
	equal "$(jq -c '[.event,.object,.aux_description]' json2)" '["unlinked","@s","a"]'
}

@test "names of keys that are gone when their record is read" {
	there=$(keyctl add user there v "$ring")
	start json keys -J "$ring"
	kill -STOP "$pid"
	keyctl unlink "$there" "$ring"
	await has_no_key "$there"
	kill -CONT "$pid"
	await has_lines 1 json
	stop json
	equal "$(jq -c '[.event,.aux,.aux_type,.aux_description]' json)" "[\"unlinked\",$there,\"user\",\"there\"]"
}

@test "names are learnt even if only unlinked is asked for" {
	start json keys -J -e unlinked "$ring"
	key=$(keyctl add user fresh v "$ring")
	keyctl add user other v "$ring"
	keyctl unlink %user:other "$ring"
	# Records come in order: when this one is out, fresh has been seen.
	await has_lines 1 json
	keyctl unlink "$key" "$ring"
	await has_lines 2 json
	stop json
	equal "$(jq -c '[.seq,.event,.aux_description]' json | tail -1)" '[2,"unlinked","fresh"]'
}

@test "setattr brings the new owner and permissions" {
	key=$(keyctl add user k v "$ring")
	start json keys -J --output-all "$key"
	keyctl setperm "$key" 0x3f030000
	await has_lines 1 json
	keyctl chown "$key" 12
	await has_lines 2 json
	stop json
	equal "$(jq -c '[.event,.uid,.perm]' json | xargs)" '[setattr,0,3f030000] [setattr,12,3f030000]'
}

@test "hostile descriptions: JSON stays valid, no control byte reaches a table" {
	local esc=$'\e[2J"\\\n\t\x7f' bad=$'\xff\xfe(\xc3' c1=$'\xc2\x9bX' wide=$'\xe2\x82\xac'
	start json keys -J "$ring"
	start table keys "$ring"
	start raw keys -r "$ring"
	start pairs keys -P "$ring"
	keyctl add user "$esc" v "$ring"
	keyctl add user "$bad" v "$ring"
	keyctl add user "$c1" v "$ring"
	keyctl add user "$wide" v "$ring"
	keyctl add user "" v "$ring" || true
	await has_lines 4 json
	for n in json table raw pairs; do stop "$n"; done
	equal "$(jq -r 'select(.seq==1).aux_description' json)" "$esc"
	equal "$(jq -c 'select(.seq==2) | [has("aux_description"), .aux_description_raw]' json)" '[false,[255,254,40,195]]'
	equal "$(jq -r 'select(.seq==3).aux_description' json)" "$c1"
	equal "$(jq -r 'select(.seq==4).aux_description' json)" "$wide"
	for n in json table raw pairs; do
		equal "$(LC_ALL=C tr -d '\n\040-\176\200-\377' <"$n" | wc -c)" 0
		if LC_ALL=C grep -q $'\xc2\x9b' "$n"; then return 1; fi
	done
	grep -q '\\x1b\[2J' table
}

@test "an empty session description, and one as long as can be" {
	long=$(printf 'd%.0s' {1..4000})
	start json keys -J "$ring"
	start table keys "$ring" -r -o AUX-DESCRIPTION
	start note keys --binary=annotated "$ring"
	keyctl add user "$long" v "$ring"
	await has_lines 1 json
	stop json
	stop table
	stop note
	equal "$(jq -r .aux_description json)" "$long"
	equal "$(tail -1 table)" "$long"
	equal "$(watchq decode -J note | jq -r .aux_description)" "$long"
}

@test "an annotated capture decodes to what live shows" {
	key=$(keyctl add user k v "$ring")
	start live keys -J --output-all "$ring" "$key" @u
	start note keys -B=annotated "$ring" "$key" @u
	keep=$(keyctl newring keep @s)		# else a key may be gone for one and not for the other
	for i in $(seq 20); do
		new=$(keyctl add user "n$i" v "$ring")
		keyctl link "$new" "$keep"
		keyctl setperm "$key" "0x3f0$((i % 8))0000"
		keyctl unlink "$new" "$ring"
	done
	keyctl revoke "$key"
	keyctl clear "$ring"
	await has_lines 62 live
	stop live
	stop note
	keyctl unlink "$keep" @s
	watchq decode -J --output-all note >decoded
	# Two watches read at two times: the rest must be the same.
	diff <(jq -c 'del(.time,.boottime)' live) <(jq -c 'del(.time,.boottime)' decoded)
	equal "$(jq -r 'select(.time == null or .boottime == null) | .seq' decoded)" ""
	# And again from what was decoded, times too.
	watchq decode -B=annotated note | watchq decode -J --output-all | cmp - decoded
}

@test "a thousand keys: each linked, each named, in order" {
	start json keys -J "$ring"
	for i in $(seq 1000); do echo "$i"; done | xargs -P1 -I{} keyctl add user 'key-{}' v "$ring" >serials
	await has_lines 1000 json
	stop json
	equal "$(jq -r .aux_description json | md5sum)" "$(seq -f 'key-%g' 1000 | md5sum)"
	equal "$(jq -r .aux json | md5sum)" "$(md5sum <serials)"
	# All of them are known to a watch that begins now, too.
	start gone keys -J "$ring" -o event,aux_description
	keyctl unlink "$(sed -n 500p serials)" "$ring"
	await has_lines 1 gone
	stop gone
	equal "$(jq -c . gone)" '{"event":"unlinked","aux_description":"key-500"}'
}

@test "loss: as many as the queue holds, the loss in its place, what it hid, then the rest" {
	start json keys -J -d 32 "$ring"
	grep -q "queue of 32 records" json.err
	kill -STOP "$pid"
	for i in $(seq 40); do keyctl add user "k$i" v "$ring" >/dev/null; done
	kill -CONT "$pid"
	# The loss is shown without a further event: it doesn't poll readable.
	await has_lines 41 json
	keyctl add user last v "$ring"
	await has_lines 42 json
	stop json
	equal "$(jq -r .aux_description json | head -32 | xargs)" "$(seq -f 'k%g' -s ' ' 32)"
	equal "$(sed -n 33p json | jq -c '[.type,.event,.id,.lost,has("lost")]')" '["meta","loss",0,null,true]'
	# In no order: what is read has none.
	equal "$(sed -n 34,41p json | jq -c '[.event,.mark,.aux_description]' | sort | xargs)" \
		"$(printf '[linked,resync,k%d] ' 33 34 35 36 37 38 39 40 | sed 's/ $//')"
	equal "$(sed -n 42p json | jq -c '[.mark,.aux_description]')" '[null,"last"]'
}

@test "loss and what it hid do not count toward --count; loss passes every filter" {
	start json keys -J -d 32 -e unlinked -f 'key:*:0x100/0xff00' -c 33 "$ring" -o EVENT
	kill -STOP "$pid"
	for i in $(seq 40); do keyctl add user "k$i" v "$ring" >/dev/null; done
	kill -CONT "$pid"
	await has_lines 41 json
	keyctl clear "$ring"
	wait "$pid"
	equal "$(jq -r .event json | uniq -c | xargs)" "32 linked 1 loss 8 linked 1 cleared"
}
