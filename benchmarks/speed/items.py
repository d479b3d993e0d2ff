"""The pieces of work that sandboxes are timed with: small programs, as a task's answers are.

Each is data that both sides take: `sandbox.py` makes a job of it, and `bare.py` runs its commands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...verifiers.sandbox.base import Job, Step


class BenchError(Exception):
    """What was asked for cannot be measured; the message is one sentence."""


_LIBRARY = """\
/// The sorted union of half-open intervals.
pub fn union(intervals: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut sorted: Vec<(i64, i64)> = intervals.iter().copied().filter(|i| i.0 < i.1).collect();
    sorted.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::with_capacity(sorted.len());
    for (low, high) in sorted {
        match merged.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// How much of the line a set of disjoint intervals covers; None when that overflows.
pub fn covered(disjoint: &[(i64, i64)]) -> Option<i64> {
    disjoint
        .iter()
        .try_fold(0i64, |sum, (low, high)| sum.checked_add(high.checked_sub(*low)?))
}

/// Whether a point lies in one of sorted, disjoint intervals.
pub fn contains(disjoint: &[(i64, i64)], point: i64) -> bool {
    disjoint
        .binary_search_by(|&(low, high)| {
            if point < low {
                std::cmp::Ordering::Greater
            } else if point >= high {
                std::cmp::Ordering::Less
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}
"""
_PROGRAM = """\
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::io::FromRawFd;

fn main() {
    let mut requests = unsafe { File::from_raw_fd(3) };
    let mut answers = unsafe { File::from_raw_fd(4) };
    let mut length = [0u8; 4];
    while requests.read_exact(&mut length).is_ok() {
        let mut request = vec![0u8; u32::from_be_bytes(length) as usize];
        requests.read_exact(&mut request).expect("a whole request");
        let sum: u64 = request.iter().map(|&byte| u64::from(byte)).sum();
        let answer = sum.to_string();
        answers.write_all(&(answer.len() as u32).to_be_bytes()).expect("a listener");
        answers.write_all(answer.as_bytes()).expect("a listener");
    }
}
"""
_COUNTER = """\
module counter(input clk, input rst, input en, output reg [15:0] count, output wrapped);
  assign wrapped = en && (count == 16'hffff);
  always @(posedge clk)
    if (rst) count <= 16'd0;
    else if (en) count <= count + 16'd1;
endmodule
"""
_BENCH = """\
module bench;
  reg clk = 0, rst = 1, en = 1;
  wire [15:0] count;
  wire wrapped;
  counter dut(.clk(clk), .rst(rst), .en(en), .count(count), .wrapped(wrapped));
  integer i;
  initial begin
    for (i = 0; i < 1000; i = i + 1) begin
      #1 clk = 1;
      #1 clk = 0; rst = 0;
    end
    $display("%d", count);
    $finish;
  end
endmodule
"""
_RUSTC_RUN = (
    (
        "rustc", "--edition=2021", "-Cdebuginfo=0", "-Ccodegen-units=1", "-o", "main", "main.rs",
    ),
    ("./main",),
)  # fmt: skip
_REQUEST = "interval"
_ANSWER = str(sum(_REQUEST.encode()))


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of work: its processes in order, each as arguments whose first names a tool.

    `image` is the language of the Docker image that has the tools.
    `request` is what the last process is asked, and `answer` what it must say. `tuning` is what a
    box sets in the processes' environment and the bare side, run as anyone runs it, does not.
    """

    name: str
    image: str
    commands: tuple[tuple[str, ...], ...]
    files: Mapping[str, str] = field(default_factory=dict)
    request: str = ""
    answer: str = ""
    tuning: Mapping[str, str] = field(default_factory=dict)

    @property
    def tools(self) -> tuple[str, ...]:
        """Those that the machine must have; not what the item itself builds."""
        return tuple(c[0] for c in self.commands if not c[0].startswith("./"))


ITEMS = (
    Item("true", "python", (("true",),)),
    Item("python", "python", (("python3", "-I", "-S", "-c", "pass"),)),
    Item("node", "compact", (("node", "-e", "0"),)),
    Item(
        "rustc-check",
        "rust",
        (
            (
                "rustc", "--edition=2021", "--crate-type=lib", "--emit=metadata", "-o", "lib.rmeta",
                "lib.rs",
            ),
        ),
        {"lib.rs": _LIBRARY},
    ),
    Item(
        "rustc-run",
        "rust",
        _RUSTC_RUN,
        {"main.rs": _PROGRAM},
        request=_REQUEST,
        answer=_ANSWER,
    ),
    # rustc's heap in huge pages: its page faults are what a box makes dearer.
    Item(
        "rustc-run-tuned",
        "rust",
        _RUSTC_RUN,
        {"main.rs": _PROGRAM},
        request=_REQUEST,
        answer=_ANSWER,
        tuning={"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"},
    ),
    Item(
        "iverilog-vvp",
        "verilog",
        (
            ("iverilog", "-g2012", "-o", "bench.vvp", "counter.v", "bench.v"),
            ("vvp", "-n", "bench.vvp"),
        ),
        {"counter.v": _COUNTER, "bench.v": _BENCH},
    ),
    Item(
        "yosys",
        "verilog",
        (("yosys", "-q", "-p", "read_verilog -sv counter.v; synth -top counter; stat"),),
        {"counter.v": _COUNTER},
    ),
)  # fmt: skip
# For throughput: compilers, from 10 ms a job to 75.
COMPILE_BOUND = ("rustc-check", "iverilog-vvp", "yosys")


def chosen_items(names: Sequence[str] | None) -> tuple[Item, ...]:
    """The items with these names (None: all), in the order of `ITEMS`. Raises `BenchError`."""
    if names is None:
        return ITEMS
    known = [item.name for item in ITEMS]
    for name in names:
        if name not in known:
            raise BenchError(f"there is no work item {name!r}; there are: {', '.join(known)}")
    return tuple(item for item in ITEMS if item.name in names)


def job_of(item: Item, paths: Mapping[str, str]) -> Job:
    """`item` as a sandbox takes it, with its tools at `paths`."""
    steps = []
    for number, command in enumerate(item.commands):
        last = number == len(item.commands) - 1
        requests = (item.request.encode(),) if item.request and last else ()
        argv = (paths.get(command[0], command[0]), *command[1:])
        steps.append(Step(argv, requests=requests, environment=item.tuning))
    return Job(tuple(steps), {name: text.encode() for name, text in item.files.items()})
