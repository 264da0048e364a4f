"""The wheel's side: `folded.py WAY FILE OUT.tsv`; `wheel.py` runs it. WAY is `data`, `no-data` or `dicts`."""
import sys

import mediafold

way, path, out = sys.argv[1:4]
table = mediafold.fold(path, data=way != "no-data")
if way == "dicts":
    rows = table.dicts()
if out != "-":
    import polars

    states = polars.DataFrame(table).select("entity", "id", "state", "errors")
    states.write_csv(out, separator="\t", include_header=False)
