"""Python: what runs beside a candidate, and how it is asked."""
