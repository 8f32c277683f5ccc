"""What the generated classes stand on. Nothing in here knows which operations, models or events there are."""
