"""Data quality: what is wrong with the extracts, since when, what it is worth, and whether it has been mended."""
