"""Measurements of mixtura: its speed against its peers', against the machine's, and its way to the maximum."""
