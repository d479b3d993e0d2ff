"""Rust: rustc, a driver that calls a candidate's functions, and what a program's text shows."""
