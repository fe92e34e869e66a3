"""Everything that can be tried without moving money, a file for each thing that may be wrong."""
