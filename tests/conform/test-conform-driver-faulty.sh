#!/bin/bash
# The driver suite bites: with each fault of driver-faulty exactly the line of that promise fails; with none, none.
suite=$TOP_BUILDDIR/larder-driver-test
module=$LARDER_MODULE_DIR/driver-faulty.so
faults="
flip-bit|an object comes back byte for byte, at every size
no-empty|an object of no bytes is an object
stat-time|stat, read and write tell the same facts
same-etag|other bytes have another etag
missing-code|a missing object is NOTFOUND
no-next|a missing bucket is NOTFOUND with a next step
no-message|a failure says what it is, and does without a place to say it
touch-output|outputs are untouched by a failure
beyond-size|structs of an older caller are filled no further than their size
short-lived|texts of a call live as long as its arena
range-by-one|a range gives its bytes: first, last, none, beyond the end
range-end|a range behind the end is INVALID
read-if-match|a read with another etag is CONFLICT before the first byte
begin-twice|a sink's begin comes once, before the bytes, and may be absent
begin-ignored|a sink may refuse in begin
sink-ignored|a sink that fails ends the read with its code
key-slashes|every key that S3 allows is stored, and none is taken for another
key-shadow|a key that cannot be held is refused, and each one taken is listed
empty-key|an empty key and an impossible bucket are INVALID
short-source|a source that ends early is INTEGRITY, and nothing is stored
long-source|a source that gives more is INTEGRITY, and nothing is stored
failed-source|a source that fails in the middle leaves nothing
old-object|a write that fails leaves the object of before
no-rewind|a source with read and rewind is read from its start
checksum|bytes that do not match a given checksum are INTEGRITY; the checksum is told
create-only|create-only is CONFLICT where an object is
create-race|of eight create-only writers at once exactly one wins
if-match|if-match writes over the object with that etag only
match-race|of eight writers with one etag exactly one wins
torn-read|a reader sees one whole object while another takes its place
remove-absent|remove reports each item, also where nothing was
remove-if-match|remove under if-match takes the object with that etag only
cancel|a cancelled write returns within a second and leaves nothing
order|a listing has all keys in byte order
pages|pages of every size join to the same listing
prefix|a prefix selects
groups|the delimiter '/' groups, each group once
delimiters|any text may be the delimiter
start-after|start-after gives the keys above it only
list-facts|a listing tells what stat tells
stop|a reader may stop a listing with a code
ghost|a removed object is not listed, nor is its group
versions|versions stay readable, and go one by one
version-order|versions and delete markers are listed, newest first
versioning|versioning tells whether the bucket keeps versions
metadata|attributes and metadata come back as given
old-metadata|a new object has none of the old one's metadata
copy-metadata|a copy has bytes and attributes of its source, at every size
copy-replace|a copy changes the attributes given and no others
copy-condition|a copy's conditions are kept
class|the storage class given is told
class-set|class_set changes the class alone
restore|what is archived is read once it is restored
tags|tags come back as given
url|an object has an address
check|check finds a good bucket good
probe|probe advises, and leaves all as it was, also when it is cancelled
parts-order|parts in any order make one object, seen when finished
gap|finish with a part missing from the list is refused
finish-length|finish with another length is INTEGRITY
part-again|of a part written twice the last counts
abort|abort ends an upload and leaves nothing
abort-unknown|abort of an unknown upload is NOTFOUND
finish-condition|finish keeps create-only
parts-list|parts are listed by number
uploads-list|open uploads are listed
parts-copy|a range of an object can be a part
model|random operations agree with a model at every step
"
count=0 failed=0
say () # RESULT NAME
{
	count=$((count + 1))
	[ "$1" = "ok" ] || failed=1
	echo "$1 $count - $2"
}

# With no fault: exit 0, every promise of the suite tried and held; also where each write has an etag of its own, and where listings have no order and say so.
for fault in none own-etags any-order; do
	if out=$("$suite" "$module" --seed 7 --operations 1000 "fault=$fault") && ! grep -q "^not ok\|unsupported:" <<< "$out"
	then say ok "conform-driver-faulty-$fault"
	else say "not ok" "conform-driver-faulty-$fault"; grep -A1 "^not ok\|unsupported:" <<< "$out" | sed 's/^/# /'
	fi
done

while IFS='|' read -r fault promise; do
	[ -n "$fault" ] || continue
	out=$("$suite" "$module" --seed 7 --operations 300 "fault=$fault")
	status=$?
	broken=$(sed -n 's/^not ok [0-9]* - //p' <<< "$out")
	if [ "$broken" = "$promise" ] && [ "$status" = 1 ]
	then say ok "conform-driver-faulty-$fault"
	else say "not ok" "conform-driver-faulty-$fault"; echo "# exit $status, broken: $broken" | tr '\n' ' '; echo
	fi
done <<< "$faults"

# A list is read as core reads it: by commas, each item may be quoted.
out=$("$suite" "$module" --seed 7 --operations 300 'fault="no-empty", cancel')
broken=$(sed -n 's/^not ok [0-9]* - //p' <<< "$out" | tr '\n' ';')
if [ "$broken" = "an object of no bytes is an object;a cancelled write returns within a second and leaves nothing;" ]
then say ok "conform-driver-faulty-two-of-a-list"
else say "not ok" "conform-driver-faulty-two-of-a-list"; echo "# broken: $broken"
fi
if "$suite" "$module" 'fault="no-empty' 2>&1 | grep -q "expected a list of items"
then say ok "conform-driver-faulty-no-list"
else say "not ok" "conform-driver-faulty-no-list"
fi

# Every promise has its fault.
listed=$(sed -n 's/^[a-z-]*|//p' <<< "$faults" | sort)
tried=$("$suite" "$module" --seed 7 --operations 10 | sed -n 's/^ok [0-9]* - //p' | sort)
if [ "$listed" = "$tried" ]
then say ok "conform-driver-faulty-every-promise"
else say "not ok" "conform-driver-faulty-every-promise"; diff <(echo "$listed") <(echo "$tried") | sed 's/^/# /'
fi
echo "1..$count"
exit $failed
