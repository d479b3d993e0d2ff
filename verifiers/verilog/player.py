"""Plays stimulus to a module in Icarus Verilog's simulator, and tells its outputs.

The player is a module of a few lines that is made for an interface and elaborated on top of what is
simulated. It reads runs from standard input and answers each on standard output, which the job
joins to the request channel. It knows no expected value; the host compares.

A run is a list of cycles. Each begins with the inputs' change, while the clock is still high; it
falls, the outputs are taken, and it rises. So whatever acts on the falling edge is seen to act too
early. Without a clock the outputs are taken once they are stable.

    request    ID COUNT ROW ROW ...\\n      rows: hexadecimal
    answer     {"id": ID, "value": ["01x0", ...]}     bits as Verilog's %b writes them
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from .interface import Interface

# Cycles of one run: its answer must fit the answer's limit.
MAX_CYCLES = 1 << 16


def player_name(interface: Interface) -> str:
    """The player's module name: one that no candidate has by accident, and none gains by having."""
    digest = hashlib.sha256(f"forgegym player {interface!r}".encode()).hexdigest()
    return f"player_{digest[:16]}"


def player(interface: Interface) -> str:
    """The player's source, for a module of this interface."""
    declared = "".join(
        f"  reg {port};\n" if direction == "input" else f"  wire {port};\n"
        for direction, port in interface.ports
    )
    joined = ", ".join(f".{port.name}({port.name})" for _, port in interface.ports)
    inputs = ", ".join(port.name for port in interface.inputs)
    outputs = ", ".join(port.name for port in interface.outputs)
    # A sample is its bits in quotation marks, and a comma before all but the first.
    length = f"32'd{32 + len(_BEFORE) + len(_BETWEEN) + len(_AFTER) - 1} + cycles * " + (
        f"32'd{interface.output_bits + 3}"
    )
    clock = interface.clock
    fall = f"        {clock} = 0;\n        #1;\n" if clock else ""
    rise = f"        {clock} = 1;\n" if clock else ""
    start = f"    {clock} = 1;\n" if clock else ""
    return f"""\
`resetall
`timescale 1ns/1ns
module {player_name(interface)};
{declared}  reg [{8 * 32 - 1}:0] player_id;
  reg [{interface.input_bits - 1}:0] player_row;
  reg [{interface.input_bits - 1}:0] player_rows [];
  reg [31:0] player_size;
  integer player_cycles, player_cycle, player_read;
  {interface.name} player_dut ({joined});
  initial begin
{start}    while ($fread(player_size, 32'h8000_0000) == 4) begin
      player_read = $fscanf(32'h8000_0000, "%s %d", player_id, player_cycles);
      // All of it is read before the first word of the answer.
      player_rows = new[player_cycles];
      for (player_cycle = 0; player_cycle < player_cycles; player_cycle = player_cycle + 1) begin
        player_read = $fscanf(32'h8000_0000, "%h", player_row);
        player_rows[player_cycle] = player_row;
      end
      player_read = $fgetc(32'h8000_0000);
      player_size = {length.replace("cycles", "player_cycles")};
      $fwrite(32'h8000_0001, "%c%c%c%c", player_size[31:24], player_size[23:16],
        player_size[15:8], player_size[7:0]);
      $fwrite(32'h8000_0001, {_verilog(_BEFORE)});
      $fwrite(32'h8000_0001, "%s", player_id);
      $fwrite(32'h8000_0001, {_verilog(_BETWEEN)});
      for (player_cycle = 0; player_cycle < player_cycles; player_cycle = player_cycle + 1) begin
        player_row = player_rows[player_cycle];
        {{{inputs}}} = player_row;
        #1;
{fall}        if (player_cycle > 0) $fwrite(32'h8000_0001, ",");
        $fwrite(32'h8000_0001, "\\"%b\\"", {{{outputs}}});
{rise}        #1;
      end
      $fwrite(32'h8000_0001, {_verilog(_AFTER)});
      $fflush(32'h8000_0001);
    end
    $finish(0);
  end
endmodule
`resetall
"""


_BEFORE, _BETWEEN, _AFTER = '{"id":"', '","value":[', "]}"


def _verilog(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def request(interface: Interface, id: str, rows: Sequence[int]) -> bytes:
    """What is sent for one run; `id` has 32 characters. Raises `ValueError` for a run too long."""
    if not 1 <= len(rows) <= MAX_CYCLES:
        raise ValueError(f"a run has 1 to {MAX_CYCLES} cycles, not {len(rows)}")
    digits = -(-interface.input_bits // 4)
    listed = " ".join(f"{row:0{digits}x}" for row in rows)
    return f"{id} {len(rows)} {listed}\n".encode()
