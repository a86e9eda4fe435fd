"""Statistics of the funnel: pure functions, numbers in and numbers out. No data access, no printing."""
