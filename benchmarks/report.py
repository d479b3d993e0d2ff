"""Results as tables for people; machines read the JSON beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .compact_agreement import Agreement, Group, Report
from .statistics import Estimate
from .summary import EQUAL_PAIRS, QUALITY_COMPLEXITY, ContractSummary, Summary


def percent(share: float) -> str:
    """``97.3 %``, or a dash for an undefined share."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def percent_interval(estimate: Estimate) -> str:
    """``97.3 % [95.1, 98.6]``: a share with its 95 % interval."""
    if math.isnan(estimate.value):
        return "–"
    return f"{percent(estimate.value)} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def number_interval(estimate: Estimate) -> str:
    """``4.31 [4.02, 4.60]``: a mean with its 95 % interval."""
    if math.isnan(estimate.value):
        return "–"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def evaluation_table(
    summaries: Mapping[str, Summary], *, title: str, reward: str, language: str = "compact"
) -> Table:
    """One column an agent: the rates, then variety; of contracts their complexity, too. `reward`
    is the preset that all were paid."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in summaries:
        table.add_column(escape(name), justify="right")
    all_ = list(summaries.values())
    contracts = [s for s in all_ if isinstance(s, ContractSummary)] if language == "compact" else []
    above = f"complexity > {QUALITY_COMPLEXITY}"
    table.add_row("samples (prompts)", *(f"{s.samples} ({s.tasks})" for s in all_))
    table.add_row("compiles", *(percent_interval(s.compile_rate) for s in all_))
    if contracts:
        table.add_row(above, *(percent_interval(s.complex_rate) for s in contracts))
        table.add_row(
            f"compiles and {above}", *(percent_interval(s.high_quality_rate) for s in contracts)
        )
        table.add_row(
            "average complexity", *(number_interval(s.average_complexity) for s in contracts)
        )
    table.add_row("does all the prompt asks", *(percent_interval(s.solved_rate) for s in all_))
    for k in sorted({k for s in all_ for k in s.pass_at if k > 1}):
        cells = (percent_interval(s.pass_at[k]) if k in s.pass_at else "–" for s in all_)
        table.add_row(f"pass@{k}", *cells)
    table.add_row("mean reward", *(number_interval(s.mean_reward) for s in all_))
    if any(s.gap is not None for s in all_):
        table.add_row(
            "passes visible less hidden tests",
            *("–" if s.gap is None else percent_interval(s.gap) for s in all_),
        )
    if contracts:
        table.add_row("commonest decision", *(_commonest(s) for s in contracts))
        table.add_row("structures", *(str(s.structures) for s in contracts))
    table.add_row("distinct-2", *(f"{s.distinct_2:.3f}" for s in all_))
    table.add_row(
        f"distinct-2, first {EQUAL_PAIRS:,} pairs", *(f"{s.distinct_2_equal:.3f}" for s in all_)
    )
    table.add_row("different texts", *(str(s.unique) for s in all_))
    if any(s.prompt_tokens is not None for s in all_):
        table.add_row("tokens read, written", *(_tokens(s) for s in all_))
    if any(s.cost is not None for s in all_):
        table.add_row("cost", *("–" if s.cost is None else f"{s.cost:.4f}" for s in all_))
    if any(s.agent_errors for s in all_):
        table.add_row("not answered (paid nothing)", *(_unanswered(s) for s in all_))
    if any(s.failures for s in all_):
        table.add_row("machine failures (left out)", *(str(s.failures) for s in all_))
    toolchains = sorted({name for s in all_ for name in s.toolchains})
    table.caption = (
        f"95 % intervals, clustered by prompt; paid {reward}; "
        f"judged by {', '.join(toolchains) or '–'}"
    )
    table.caption_justify = "left"
    return table


def _tokens(summary: Summary) -> str:
    counts = (summary.prompt_tokens, summary.tokens)
    return ", ".join("–" if n is None else f"{n:,}" for n in counts)


def _unanswered(summary: Summary) -> str:
    """``3: timed out 2, crashed 1``"""
    kinds = ", ".join(f"{kind} {count}" for kind, count in summary.agent_error_kinds.items())
    return f"{summary.agent_errors}: {kinds}" if kinds else "0"


def _commonest(summary: ContractSummary) -> str:
    kind, share = summary.commonest_decision
    return f"{kind} {percent(share)}" if share else "–"


def print_agreement(report: Report, console: Console) -> None:
    """Everything that `forgegym bench compact-agreement` has to say."""
    table = Table(title="Embedded front end against compactc", title_justify="left")
    for heading in ("", "programs", "accepted kept", "refused caught", "balanced accuracy"):
        table.add_column(heading, justify="left" if not heading else "right")
    _add(table, "all", report.overall)
    table.add_section()
    for name, part in report.by_origin.items():
        _add(table, name, part)
    table.add_section()
    for name, part in report.by_mutation.items():
        _add(table, name, part)
    table.caption = "95 % intervals; a program with two edits counts under both kinds (m_…)"
    table.caption_justify = "left"
    console.print(table)
    console.print(
        f"refused by both: {percent_interval(report.same_line)} at the same line "
        f"({report.same_line.n} with a place), {percent_interval(report.same_message)} with the "
        f"same message ({report.same_message.n})",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        f"time a program: median {report.median_ms:.2f} ms, 95th percentile {report.p95_ms:.2f} ms",
        highlight=False,
        soft_wrap=True,
    )
    _print_groups("Refused by compactc, kept by the front end", report.misses, console)
    _print_groups("Accepted by compactc, refused by the front end", report.false_refusals, console)


def _add(table: Table, name: str, part: Agreement) -> None:
    table.add_row(
        name,
        str(part.rows),
        percent_interval(part.accepted_kept),
        percent_interval(part.rejected_caught),
        percent_interval(part.balanced_accuracy),
    )


def _print_groups(title: str, groups: tuple[Group, ...], console: Console) -> None:
    table = Table(title=f"{title}, largest groups", title_justify="left")
    table.add_column("programs", justify="right")
    table.add_column("message")
    table.add_column("for example")
    for group in groups:
        table.add_row(str(group.count), escape(group.message), " ".join(group.examples))
    console.print(table if groups else f"{title}: none", highlight=False)
