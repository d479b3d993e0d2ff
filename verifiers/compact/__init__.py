"""Compact, the language of Midnight: compactc, the embedded front end, and what they measure."""
