"""A leaderboard whose rows are results of `forgegym eval`, each of which can be replayed."""
