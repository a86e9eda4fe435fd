"""Validation of what is in force in the warehouse, by Great Expectations, inside DuckDB and read-only."""
