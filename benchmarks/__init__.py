"""Measurements: mixtura's speed against its peers' and the machine's, and its way to the maximum."""
