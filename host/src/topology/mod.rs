//! What should run: the description of a topology, checked and numbered. Knows no clock and no processes.
