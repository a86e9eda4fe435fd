"""Who is told what about data quality, and through which channel. Knows nothing of how a check works."""
