"""Comparisons of algorithms, recipes and rewards over seeds: `forgegym study NAME`."""
