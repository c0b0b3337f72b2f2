"""A keyed filter of the shell: lines of a file, by the line, to so many of one filter, and out to standard output."""

import sys

from stormhost import FieldsGrouping, Lines, Print, ShuffleGrouping, Topology

PATHS, FILTERS, FILTER = sys.argv[1], int(sys.argv[2]), sys.argv[3]


class KeyedFilter(Topology):
    # components
    lines = Lines(f"cat {PATHS}", spout=True)
    filtered = Lines(FILTER, FILTERS)
    out = Print()
    # plumbing
    filtered.inputs.append(FieldsGrouping(lines, "line"))
    out.inputs.append(ShuffleGrouping(filtered))
