"""Verilog: Icarus Verilog, Yosys and Verilator, what they say, and what a module's outputs are."""
