"""Model: a Gaussian mixture's parameters, the moments of data under it, and what a distribution can do."""
