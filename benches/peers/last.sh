#!/bin/sh
# jq's side, not exact: last.sh TABLE.json FILE OUT.tsv. Needs jq, sort and awk.
# jq takes the fields out, sort puts them in order, awk keeps the last state of each asset.
set -eu
jq -r --slurpfile table "$1" '
    ($table[0] | [.entities[].name]) as $names
    | (reduce ($table[0].codes[] | select(.to)) as $code ({}; .[$code.type] += [$code])) as $codes
    | . as {$data, $object} | (.createdAt // .created_at) as $at | $codes[.type][]? | .to as $to | $names[.entity]
    | [., ({"fastpix/media": ($object.id // $data.id),
            "fastpix/live_stream": ($data.streamId // $object.id // $data.id),
            "fastpix/upload": ($data.uploadId // $object.id // $data.id),
            "fastpix/track": ($data.trackId // $data.id),
            "fastpix/simulcast_target": ($data.simulcastId // $data.simulcast.simulcastId // $object.id // $data.id)}[.]), $at, $to] | @tsv
' "$2" | LC_ALL=C sort | awk -F '\t' -v OFS='\t' '
    $1 FS $2 != last && NR > 1 { print last, to }
    { last = $1 FS $2; to = $4 }
    END { if (NR) print last, to }
' > "$3"
