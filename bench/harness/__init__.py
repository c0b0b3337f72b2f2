"""What the benchmarks are run with. Begin at `contest`; the cases are in `cases`."""
