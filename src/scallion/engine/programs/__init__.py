"""Programs: what the C++ core runs; planned, serialised, compiled and measured."""
