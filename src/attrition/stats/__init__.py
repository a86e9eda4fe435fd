"""Intervals, curves, ratios, limits: pure functions, numbers in, numbers out. No data access, no printing, no files."""
