"""From a supplier's file to accepted row versions in the warehouse: mapping, reading, conforming, fates, deliveries."""
