"""A program in, a `Verdict` out; knows no episode and no reward."""
