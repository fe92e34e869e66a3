"""What the systems serve, as data: operators, countries, limits, test numbers."""
