"""Task families and the frozen evaluation sets, one module a language."""
