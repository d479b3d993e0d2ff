"""Graphs as lists of edges: ends, degrees, walks, what can be reached, orders, groups, roads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_NODES, _EDGES = ("nodes", "usize"), ("edges", "&[(usize, usize)]")
_Edges = list[tuple[int, int]]
# name -> words, Python, Rust, type.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

_ABOUT_EDGES = (
    "A pair (a, b) in `edges` is an edge from node a to node b. An edge may lead from a node to "
    "itself, and the same pair may occur more than once."
)
_ABOUT = f"The nodes of a graph are the numbers from 0 to `nodes` - 1. {_ABOUT_EDGES}"

# ---------------------------------------------------------------- 1: the edges of a node

_OF_NODE: _Typed = {
    "out": (
        "how many edges lead from `node` to any node",
        lambda edges, n: [a for a, _ in edges].count(n),
        "edges.iter().filter(|&&(a, _)| a == node).count()",
        "usize",
    ),
    "from": (
        "for each edge that leads to `node`, in the order of `edges`, where it comes from",
        lambda edges, n: [a for a, b in edges if b == n],
        "edges.iter().filter(|&&(_, b)| b == node).map(|&(a, _)| a).collect()",
        "Vec<usize>",
    ),
    "touch": (
        "how many edges lead from `node`, to it, or both",
        lambda edges, n: sum(n in edge for edge in edges),
        "edges.iter().filter(|&&(a, b)| a == node || b == node).count()",
        "usize",
    ),
    "without": (
        "the edges that lead neither from `node` nor to it, in the order of `edges`",
        lambda edges, n: [edge for edge in edges if n not in edge],
        "edges.iter().copied().filter(|&(a, b)| a != node && b != node).collect()",
        "Vec<(usize, usize)>",
    ),
    "one-end": (
        "how many edges have exactly one end that is `node`",
        lambda edges, n: sum(edge.count(n) == 1 for edge in edges),
        "edges.iter().filter(|&&(a, b)| (a == node) != (b == node)).count()",
        "usize",
    ),
    "sink": (
        "whether at least one edge leads to `node` and none leads from it",
        lambda edges, n: n in [b for _, b in edges] and n not in [a for a, _ in edges],
        "edges.iter().any(|&(_, b)| b == node) && edges.iter().all(|&(a, _)| a != node)",
        "bool",
    ),
    "balance": (
        "how many edges lead from `node` minus how many lead to it",
        lambda edges, n: sum((a == n) - (b == n) for a, b in edges),
        """let leaving = edges.iter().filter(|&&(a, _)| a == node).count() as i64;
    let arriving = edges.iter().filter(|&&(_, b)| b == node).count() as i64;
    leaving - arriving""",
        "i64",
    ),
    "turned": (
        "all edges, in the order of `edges`, but those that lead from `node` turned round: (b, a) "
        "instead of (a, b)",
        lambda edges, n: [edge[::-1] if edge[0] == n else edge for edge in edges],
        """edges
        .iter()
        .map(|&(a, b)| if a == node { (b, a) } else { (a, b) })
        .collect()""",
        "Vec<(usize, usize)>",
    ),
    "last": (
        "where the last edge of `edges` that leads from `node` leads to, or None if none leads "
        "from it",
        lambda edges, n: dict(edges).get(n),
        "edges.iter().rfind(|&&(a, _)| a == node).map(|&(_, b)| b)",
        "Option<usize>",
    ),
    "ends": (
        "all nodes to which an edge leads from `node`, each once",
        lambda edges, n: {b for a, b in edges if a == n},
        "edges.iter().filter(|&&(a, _)| a == node).map(|&(_, b)| b).collect()",
        "std::collections::BTreeSet<usize>",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: degrees

# name -> words, Python (of a node and an edge), Rust's loop.
_DEGREE: dict[str, tuple[str, Callable[[int, tuple[int, int]], int], str]] = {
    "out": (
        "how many edges lead from it",
        lambda n, edge: int(edge[0] == n),
        "    for &(a, _) in edges {\n        degrees[a] += 1;\n    }\n",
    ),
    "in": (
        "how many edges lead to it",
        lambda n, edge: int(edge[1] == n),
        "    for &(_, b) in edges {\n        degrees[b] += 1;\n    }\n",
    ),
    "ends": (
        "how many ends of edges are there: an edge from a node to itself has two there",
        lambda n, edge: edge.count(n),
        "    for &(a, b) in edges {\n        degrees[a] += 1;\n        degrees[b] += 1;\n    }\n",
    ),
    "others": (
        "how many edges lead from it to another node or from another node to it",
        lambda n, edge: int(edge.count(n) == 1),
        """    for &(a, b) in edges {
        if a != b {
            degrees[a] += 1;
            degrees[b] += 1;
        }
    }
""",
    ),
}
_DEGREES: _Typed = {
    "all": ("the degrees of all nodes, from node 0 on", list, "degrees", "Vec<usize>"),
    "most": (
        "a pair of the node with the largest degree (of several, the smallest) and that degree, or "
        "None if there are no nodes",
        lambda d: (d.index(max(d)), max(d)) if d else None,
        """let most = *degrees.iter().max()?;
    let node = degrees.iter().position(|&degree| degree == most)?;
    Some((node, most))""",
        "Option<(usize, usize)>",
    ),
    "zero": (
        "the nodes whose degree is 0, in ascending order",
        lambda d: [n for n, degree in enumerate(d) if not degree],
        """degrees
        .iter()
        .enumerate()
        .filter(|&(_, &degree)| degree == 0)
        .map(|(node, _)| node)
        .collect()""",
        "Vec<usize>",
    ),
    "odd": (
        "how many nodes have an odd degree",
        lambda d: sum(degree % 2 for degree in d),
        "degrees.iter().filter(|&degree| degree % 2 == 1).count()",
        "usize",
    ),
    "sorted": (
        "the degrees of all nodes, the largest first",
        lambda d: sorted(d, reverse=True),
        """degrees.sort_unstable();
    degrees.reverse();
    degrees""",
        "Vec<usize>",
    ),
}

# ---------------------------------------------------------------- 3: one way from each node

# name -> words, type, Python (of the argument and a node), Rust.
_NEXT: dict[str, tuple[str, str, Callable[[list[int], int], int], str]] = {
    "named": (
        "`next` has for each node, from node 0 on, the node to which one goes from there; it may "
        "be the same.",
        "&[usize]",
        lambda nexts, at: nexts[at],
        "next[at]",
    ),
    "offset": (
        "The nodes stand in a circle: 0, 1, 2 and so on, and after the last one 0 again. `next` "
        "has for each node, from node 0 on, by how many nodes one goes forward from there; if the "
        "number is below 0, one goes backward.",
        "&[i64]",
        lambda nexts, at: (at + nexts[at]) % len(nexts),
        "(at as i64 + next[at]).rem_euclid(next.len() as i64) as usize",
    ),
}
# Python: of the path and the node that comes up again.
_FOLLOWED: _Typed = {
    "path": (
        "the nodes in the order in which one comes to them, from `start` on, until one comes to a "
        "node for the second time; that node is not listed again",
        lambda path, _again, _n: path,
        "path",
        "Vec<usize>",
    ),
    "again": (
        "the first node to which one comes for the second time",
        lambda _path, again, _n: again,
        "at",
        "usize",
    ),
    "tail": (
        "how many nodes one comes to only once, however long one goes on (`start` counts as a "
        "node that one has come to)",
        lambda path, again, _n: path.index(again),
        "path.iter().take_while(|&&node| node != at).count()",
        "usize",
    ),
    "circle": (
        "the nodes to which one comes again and again, in the order in which one comes to them, "
        "starting with the smallest",
        lambda path, again, _n: min(
            path[i:] + path[path.index(again) : i] for i in range(path.index(again), len(path))
        ),
        """let mut circle: Vec<usize> = path.into_iter().skip_while(|&node| node != at).collect();
    while circle.iter().min() != circle.first() {
        circle.rotate_left(1);
    }
    circle""",
        "Vec<usize>",
    ),
    "others": (
        "the nodes to which one never comes, however long one goes on, in ascending order (one has "
        "come to `start`)",
        lambda path, _again, n: sorted(set(range(n)) - set(path)),
        "(0..next.len()).filter(|node| !path.contains(node)).collect()",
        "Vec<usize>",
    ),
    "largest": (
        "the largest of the nodes to which one comes again and again",
        lambda path, again, _n: max(path[path.index(again) :]),
        "path.into_iter().skip_while(|&node| node != at).fold(0, usize::max)",
        "usize",
    ),
}

# ---------------------------------------------------------------- 4: what can be reached

_ALONG: dict[str, tuple[str, Callable[[_Edges], _Edges], str]] = {
    "along": (
        "from a to b only",
        lambda edges: edges,
        "    edges.iter().filter(|&&(a, _)| a == at).map(|&(_, b)| b).collect()\n",
    ),
    "against": (
        "from b to a only",
        lambda edges: [(b, a) for a, b in edges],
        "    edges.iter().filter(|&&(_, b)| b == at).map(|&(a, _)| a).collect()\n",
    ),
    "both": (
        "in both directions",
        lambda edges: [*edges, *((b, a) for a, b in edges)],
        """    let mut nexts = Vec::new();
    for &(a, b) in edges {
        if a == at {
            nexts.push(b);
        }
        if b == at {
            nexts.push(a);
        }
    }
    nexts
""",
    ),
}
# Python: of the number of nodes and the least number of edges to each that can be reached.
_REACHED: _Typed = {
    "list": (
        "all nodes that one can reach, in ascending order; `start` is one of them",
        lambda _, steps: sorted(steps),
        """let mut reached = layers.concat();
    reached.sort_unstable();
    reached""",
        "Vec<usize>",
    ),
    "steps": (
        "for each node, from node 0 on, over how many edges one has to go at least to reach it (0 "
        "for `start`), or None if one cannot reach it",
        lambda nodes, steps: [steps.get(n) for n in range(nodes)],
        """(0..nodes)
        .map(|node| layers.iter().position(|layer| layer.contains(&node)))
        .collect()""",
        "Vec<Option<usize>>",
    ),
    "near": (
        "how many nodes one can reach over at most two edges; `start` is one of them",
        lambda _, steps: sum(count < 3 for count in steps.values()),
        "layers.iter().take(3).map(Vec::len).sum()",
        "usize",
    ),
    "lost": (
        "all nodes that one cannot reach, in ascending order; one can reach `start`",
        lambda nodes, steps: [n for n in range(nodes) if n not in steps],
        """let reached = layers.concat();
    (0..nodes).filter(|node| !reached.contains(node)).collect()""",
        "Vec<usize>",
    ),
}

# ---------------------------------------------------------------- 5: the whole graph

_REACH = """
/// The nodes that can be reached from `start`, itself included.
fn reach(edges: &[(usize, usize)], start: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        let nexts = edges.iter().filter(|&&(a, _)| a == at).map(|&(_, b)| b);
        open.extend(nexts.filter(|&next| reached.insert(next)));
    }
    reached
}
"""
_BOTH_WAYS = """
fn both_ways(edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    edges.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect()
}
"""


def _reach(nodes: int, edges: _Edges) -> list[set[int]]:
    """For each node what can be reached from it, by closing the relation."""
    found = [{n, *(b for a, b in edges if a == n)} for n in range(nodes)]
    for middle, a in itertools.product(range(nodes), repeat=2):
        if middle in found[a]:
            found[a] |= found[middle]
    return found


def _undirected(edges: _Edges) -> _Edges:
    return [*edges, *((b, a) for a, b in edges)]


def _groups(nodes: int, edges: _Edges) -> list[list[int]]:
    return sorted(map(sorted, {frozenset(group) for group in _reach(nodes, _undirected(edges))}))


def _order(pick: Callable[[list[int]], int]) -> Callable[[int, _Edges], Any]:
    def order(nodes: int, edges: _Edges) -> list[int] | None:
        missing = {n: [a for a, b in edges if b == n] for n in range(nodes)}
        found: list[int] = []
        while len(found) < nodes:
            ready = [n for n, before in missing.items() if not before]
            if not ready:
                return None
            found.append(pick(ready))
            del missing[found[-1]]
            missing = {n: [a for a in v if a != found[-1]] for n, v in missing.items()}
        return found

    return order


def _rounds(nodes: int, edges: _Edges) -> Any:
    reach = _reach(nodes, edges)
    bound = {n for n in range(nodes) if any(b == n and a in reach[n] for a, b in edges)}
    stuck = sorted(n for n in range(nodes) if any(n in reach[b] for b in bound))
    if stuck:
        return ("Err", stuck)
    depth = [0] * nodes
    for _ in range(nodes):
        for a, b in edges:
            depth[b] = max(depth[b], depth[a] + 1)
    return ("Ok", [[n for n in range(nodes) if depth[n] == d] for d in sorted(set(depth))])


def _sides(nodes: int, edges: _Edges) -> Any:
    right = [
        sides
        for sides in itertools.product((False, True), repeat=nodes)
        if all(sides[a] != sides[b] for a, b in edges)
        and not any(sides[group[0]] for group in _groups(nodes, edges))
    ]
    return list(right[0]) if right else None


def _bridges(nodes: int, edges: _Edges) -> list[int]:
    whole = len(_groups(nodes, edges))
    return [i for i in range(len(edges)) if len(_groups(nodes, edges[:i] + edges[i + 1 :])) > whole]


def _ordered(method: str) -> str:
    return f"""    let mut order = Vec::new();
    while order.len() < nodes {{
        let is_ready = |node: &usize| {{
            let waits = |&(a, b): &(usize, usize)| b == *node && !order.contains(&a);
            !order.contains(node) && !edges.iter().any(waits)
        }};
        let next = (0..nodes).{method}(is_ready)?;
        order.push(next);
    }}
    Some(order)
"""


# name -> words, Python, body, helpers, type, share of graphs without circles.
_WHOLE: dict[str, tuple[str, Callable[[int, _Edges], Any], str, str, str, float]] = {
    "order-smallest": (
        "An edge from a to b says that a has to come before b. Put all nodes in such an order: at "
        "each place is the smallest of the nodes that are still left and before which no other "
        "node that is left has to come. Return the order, or None if there is none (a node that "
        "has to come before itself can never be placed).",
        _order(min), _ordered("find"), "", "Option<Vec<usize>>", 0.9,
    ),
    "order-largest": (
        "An edge from a to b says that a has to come before b. Put all nodes in such an order: at "
        "each place is the largest of the nodes that are still left and before which no other "
        "node that is left has to come. Return the order, or None if there is none (a node that "
        "has to come before itself can never be placed).",
        _order(max), _ordered("rfind"), "", "Option<Vec<usize>>", 0.9,
    ),
    "rounds": (
        "An edge from a to b says that b waits for a. In each round all nodes are done that wait "
        "for no node that is still to be done when the round begins. Return Ok with the rounds, "
        "each with its nodes in ascending order, when all nodes are done in the end (no rounds if "
        "there are no nodes). If not, return Err with the nodes that are never done, in ascending "
        "order (a node that waits for itself is never done).",
        _rounds,
        """    let mut rounds = Vec::new();
    let mut left: Vec<usize> = (0..nodes).collect();
    while !left.is_empty() {
        let waits = |node: &usize| edges.iter().any(|(a, b)| b == node && left.contains(a));
        let (waiting, ready): (Vec<usize>, Vec<usize>) = left.iter().partition(|&n| waits(n));
        if ready.is_empty() {
            return Err(waiting);
        }
        rounds.push(ready);
        left = waiting;
    }
    Ok(rounds)
""",
        "", "Result<Vec<Vec<usize>>, Vec<usize>>", 0.8,
    ),
    "groups": (
        "Two nodes are in the same group if one can go from one to the other over edges, each in "
        "any direction. Return all groups, each with its nodes in ascending order; the group with "
        "the smallest node comes first, and so on.",
        lambda nodes, edges: [list(group) for group in _groups(nodes, edges)],
        """    let both = both_ways(edges);
    let groups: BTreeSet<BTreeSet<usize>> = (0..nodes).map(|node| reach(&both, node)).collect();
    groups
        .into_iter()
        .map(|group| group.into_iter().collect())
        .collect()
""",
        _BOTH_WAYS + _REACH, "Vec<Vec<usize>>", 0.0,
    ),
    "groups-by-size": (
        "Two nodes are in the same group if one can go from one to the other over edges, each in "
        "any direction. Return for each group how many nodes it has and which is its largest node, "
        "as a pair; the group with most nodes comes first, and of groups of the same size that "
        "with the smaller largest node.",
        lambda nodes, edges: [
            (size, -last)
            for size, last in sorted(
                ((len(g), -max(g)) for g in _groups(nodes, edges)), reverse=True
            )
        ],
        """    let both = both_ways(edges);
    let groups: BTreeSet<BTreeSet<usize>> = (0..nodes).map(|node| reach(&both, node)).collect();
    let mut pairs: Vec<(usize, usize)> = groups
        .iter()
        .filter_map(|group| Some((group.len(), *group.last()?)))
        .collect();
    pairs.sort_by_key(|&(size, last)| (Reverse(size), last));
    pairs
""",
        _BOTH_WAYS + _REACH, "Vec<(usize, usize)>", 0.0,
    ),
    "bridges": (
        "Two nodes are connected if one can go from one to the other over edges, each in any "
        "direction. Return the places in `edges` (counted from 0), in ascending order, of those "
        "edges without which their own two ends would not be connected.",
        _bridges,
        """    let is_bridge = |&place: &usize| {
        let (a, b) = edges[place];
        let others = [&edges[..place], &edges[place + 1..]].concat();
        !reach(&both_ways(&others), a).contains(&b)
    };
    (0..edges.len()).filter(is_bridge).collect()
""",
        _BOTH_WAYS + _REACH, "Vec<usize>", 0.0,
    ),
    "mutual": (
        "Two nodes are partners if one can go from each to the other over edges, each from a to b "
        "only; a node is its own partner. Return for each node, from node 0 on, the smallest of "
        "its partners.",
        lambda nodes, edges: [
            min(b for b in range(nodes) if a in _reach(nodes, edges)[b] and b in row)
            for a, row in enumerate(_reach(nodes, edges))
        ],
        """    let partner = |a| {
        let mut reached = reach(edges, a).into_iter();
        reached.find(|&b| reach(edges, b).contains(&a))
    };
    (0..nodes).filter_map(partner).collect()
""",
        _REACH, "Vec<usize>", 0.0,
    ),
    "sources": (
        "One can go over an edge from a to b only. Return the nodes from which one can reach all "
        "nodes, in ascending order; a node can reach itself.",
        lambda nodes, edges: [
            n for n, row in enumerate(_reach(nodes, edges)) if row == set(range(nodes))
        ],
        """    (0..nodes)
        .filter(|&node| reach(edges, node).len() == nodes)
        .collect()
""",
        _REACH, "Vec<usize>", 0.0,
    ),
    "circles": (
        "One can go over an edge from a to b only. Return the places in `edges` (counted from 0), "
        "in ascending order, of those edges from whose end b one can reach their start a; a node "
        "can reach itself.",
        lambda nodes, edges: [
            i for i, (a, b) in enumerate(edges) if a in _reach(nodes, edges)[b]
        ],
        """    let mut found = Vec::new();
    for (place, &(a, b)) in edges.iter().enumerate() {
        if reach(edges, b).contains(&a) {
            found.push(place);
        }
    }
    found
""",
        _REACH, "Vec<usize>", 0.3,
    ),
    "sides": (
        "Each node is to be on one of two sides, so that each edge joins nodes of different sides; "
        "its direction does not matter. Return for each node, from node 0 on, whether it is on the "
        "right side, or None if there is no way. Of the nodes that are connected with each other, "
        "by any number of edges, the smallest is on the left side.",
        _sides,
        """    let mut sides = vec![None; nodes];
    for start in 0..nodes {
        let mut open = vec![(start, sides[start].unwrap_or(false))];
        while let Some((node, side)) = open.pop() {
            if sides[node].is_none() {
                sides[node] = Some(side);
                for &(a, b) in edges.iter().filter(|&&(a, b)| a == node || b == node) {
                    open.push((a + b - node, !side));
                }
            } else if sides[node] != Some(side) {
                return None;
            }
        }
    }
    sides.into_iter().collect()
""",
        "", "Option<Vec<bool>>", 0.0,
    ),
}  # fmt: skip
_PRICE: dict[str, tuple[str, Callable[[int, int], int], str]] = {
    "sum": ("the sum of the tolls of its roads", lambda a, b: a + b, "price + toll"),
    "highest": ("the highest toll of its roads", max, "price.max(toll)"),
}
_DIRECTION: dict[str, tuple[str, str, str]] = {
    "one": (
        "One can go over it from a to b only.",
        "if a == node",
        "                    open.insert(($price, b));\n",
    ),
    "both": (
        "One can go over it in both directions.",
        "if a == node || b == node",
        "                    open.insert(($price, a + b - node));\n",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 5:
        roads = itertools.product(("roads",), _PRICE, _DIRECTION)
        return [*((level, "whole", name) for name in _WHOLE), *((level, *road) for road in roads)]
    tables: tuple[Any, ...] = {
        1: (_OF_NODE,),
        2: (_DEGREE, _DEGREES),
        3: (_NEXT, _FOLLOWED),
        4: (_ALONG, (False, True), _REACHED),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("graph", _variants)
def graph(level: int, *names: Any) -> Problem:
    if level == 5:
        return (_whole if names[0] == "whole" else _roads)(*names[1:])
    makers: tuple[Callable[..., Problem], ...] = (_of_node, _degrees, _followed, _reached)
    return makers[level - 1](*names)


def _of_node(name: str) -> Problem:
    words, python, rust, kind = _OF_NODE[name]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        node = draw.below(3)
        starts = [0, 1, 2]
        if draw.chance(0.5):
            starts.remove(node)
        return ([(draw.pick(starts), draw.below(3)) for _ in range(draw.below(7))], node)

    return Problem(
        "A pair (a, b) in `edges` is an edge that leads from node a to node b. An edge may lead "
        "from a node to itself, and the same pair may occur more than once; each counts. Return "
        f"{words}.",
        Interface("edges_of", (_EDGES, ("node", "usize")), kind),
        f"pub fn edges_of(edges: &[(usize, usize)], node: usize) -> {kind} {{\n    {rust}\n}}\n",
        python,
        arguments,
        [
            ([], 0), ([(1, 1)], 1), ([(0, 1)], 0), ([(0, 1)], 1), ([(0, 1)], 2),
            ([(2, 0), (0, 2), (2, 1), (2, 1)], 2), ([(5, 4), (4, 4), (3, 4), (5, 3)], 4),
        ],
    )  # fmt: skip


def _degrees(degree: str, answer: str) -> Problem:
    words, python, loop = _DEGREE[degree]
    what, report, rust, kind = _DEGREES[answer]
    reference = (
        f"pub fn degrees(nodes: usize, edges: &[(usize, usize)]) -> {kind} {{\n"
        f"    let mut degrees = vec![0; nodes];\n{loop}    {rust}\n}}\n"
    )
    return Problem(
        f"{_ABOUT} The degree of a node is {words}. Return {what}.",
        Interface("degrees", (_NODES, _EDGES), kind),
        reference,
        lambda nodes, edges: report([sum(python(n, e) for e in edges) for n in range(nodes)]),
        _graph,
        _SMALL,
    )


def _followed(nexts: str, answer: str) -> Problem:
    words, parameter, python, rust = _NEXT[nexts]
    what, report, ask, kind = _FOLLOWED[answer]
    reference = f"""pub fn follow(next: {parameter}, start: usize) -> {kind} {{
    let mut path = Vec::new();
    let mut at = start;
    while !path.contains(&at) {{
        path.push(at);
        at = {rust};
    }}
    {ask}
}}
"""

    def oracle(nexts: list[int], start: int) -> Any:
        # As long as there are nodes, one comes to nothing new after that.
        trail = list(itertools.accumulate([start, *nexts], lambda at, _: python(nexts, at)))
        path = list(dict.fromkeys(trail))
        return report(path, trail[len(path)], len(nexts))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        size = draw.between(2, 9)
        if nexts == "offset":
            return ([draw.between(-3, 7) for _ in range(size)], draw.below(size))
        # Mostly a node that is not far, or there would only be short circles.
        found = [
            (i + draw.between(1, 3)) % size if draw.chance(0.7) else draw.below(size)
            for i in range(size)
        ]
        return (found, draw.below(size))

    edges: list[tuple[list[int], int]]
    if nexts == "named":
        edges = [
            ([0], 0), ([1, 0], 0), ([1, 1], 0), ([0, 1], 1), ([1, 2, 3, 1], 0), ([3, 0, 1, 2], 2),
            ([2, 2, 4, 1, 3], 0), ([4, 4, 4, 4, 2], 3),
        ]  # fmt: skip
    else:
        edges = [
            ([0], 0), ([5], 0), ([1, 1], 1), ([-1, -1, -1], 0), ([1, 1, 0], 0), ([4, -1, 9, 2], 3),
            ([-7, 3, 1, 1, -2], 2), ([2, 0, 2, 1], 1),
        ]  # fmt: skip
    return Problem(
        f"{words} One starts at the node `start` and goes on and on. Return {what}.",
        Interface("follow", (("next", parameter), ("start", "usize")), kind),
        reference,
        oracle,
        arguments,
        edges,
    )


def _reached(along: str, has_closed: bool, answer: str) -> Problem:
    words, turn, nexts = _ALONG[along]
    what, report, rust, kind = _REACHED[answer]
    parameters = [_NODES, _EDGES, ("start", "usize")]
    about = "One starts at the node `start`."
    closed = ""
    if has_closed:
        parameters.append(("closed", "&[usize]"))
        closed = "!closed.contains(&next) && "
        about += " One may not go to or through a node that is in `closed`; `start` is not in it."
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    head = f"pub fn reach({listed}) -> {kind} {{"
    if len(head) > 100:
        lines = "".join(f"    {name}: {kind},\n" for name, kind in parameters)
        head = f"pub fn reach(\n{lines}) -> {kind} {{"
    used = "nodes" in rust
    reference = f"""{head}
    let mut seen = vec![start];
    let mut layers = Vec::new();
    let mut layer = vec![start];
    while !layer.is_empty() {{
        let mut further = Vec::new();
        for next in layer.iter().flat_map(|&at| nexts(edges, at)) {{
            if {closed}!seen.contains(&next) {{
                seen.push(next);
                further.push(next);
            }}
        }}
        layers.push(layer);
        layer = further;
    }}
    {rust}
}}

/// Where one can go from `at`.
fn nexts(edges: &[(usize, usize)], at: usize) -> Vec<usize> {{
{nexts}}}
"""
    if not used:
        parameters = [p for p in parameters if p is not _NODES]
        reference = reference.replace("nodes: usize, ", "").replace("    nodes: usize,\n", "")

    def oracle(*given: Any) -> Any:
        nodes = given[0] if used else 0
        edges, start, *rest = given[1:] if used else given
        ways = [(a, b) for a, b in turn(edges) if b not in (rest[0] if rest else [])]
        steps, count = {start: 0}, 0
        while count in steps.values():
            count += 1
            for a, b in ways:
                if steps.get(a) == count - 1:
                    steps.setdefault(b, count)
        return report(nodes, steps)

    def trimmed(case: tuple[Any, ...]) -> tuple[Any, ...]:
        given = case if has_closed else case[:-1]
        return given if used else given[1:]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        nodes = draw.between(4, 8)
        # A path here and there, with some edges more.
        places = draw.shuffle(range(nodes))
        path = [pair for pair in itertools.pairwise(places) if draw.chance(0.75)]
        path = [(b, a) if draw.chance(0.25) else (a, b) for a, b in path]
        more = [(draw.below(nodes), draw.below(nodes)) for _ in range(draw.below(4))]
        start = draw.pick(places if along == "both" else places[:: 1 if along == "along" else -1])
        closed = [n for n in range(nodes) if n != start and draw.chance(0.12)]
        return trimmed((nodes, draw.shuffle(path + more), start, closed))

    return Problem(
        f"{_ABOUT if used else _ABOUT_EDGES} One can go over an edge {words}. {about} Return "
        f"{what}.",
        Interface("reach", tuple(parameters), kind),
        reference,
        oracle,
        arguments,
        [
            trimmed(case)
            for case in (
                (1, [], 0, []), (2, [(0, 1)], 0, []), (2, [(0, 1)], 1, []), (2, [(1, 1)], 1, [0]),
                (5, [(0, 1), (1, 2), (2, 3), (3, 4)], 0, []),
                (5, [(4, 3), (3, 2), (2, 1), (1, 0)], 0, [4]),
                (4, [(0, 1), (1, 3), (0, 2), (2, 3)], 0, [1]),
                (4, [(0, 1), (1, 3), (3, 2), (2, 0)], 3, [1]), (3, [(0, 1), (0, 1)], 0, [1]),
            )
        ],
    )  # fmt: skip


def _whole(name: str) -> Problem:
    words, python, body, helpers, kind, straight = _WHOLE[name]
    uses = "use std::collections::BTreeSet;\n\n" if "BTreeSet" in helpers else ""
    if "Reverse" in body:
        uses = "use std::cmp::Reverse;\n" + uses

    has_nodes = "nodes" in body
    parameters = [_NODES, _EDGES] if has_nodes else [_EDGES]

    def trimmed(nodes: int, edges: _Edges) -> tuple[Any, ...]:
        return (nodes, edges) if has_nodes else (edges,)

    def oracle(*given: Any) -> Any:
        edges = given[-1]
        return python(given[0] if has_nodes else 1 + max(map(max, edges), default=-1), edges)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        nodes, edges = _graph(draw, 7)
        if name == "sides":  # most of them can be parted
            edges = [(a, b) for a, b in edges if (a - b) % 2 or draw.chance(0.05)]
        if draw.chance(straight):
            places = draw.shuffle(range(nodes))
            edges = [(places[min(e)], places[max(e)]) for e in edges if e[0] != e[1]]
        return trimmed(nodes, edges)

    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    return Problem(
        f"{_ABOUT if has_nodes else _ABOUT_EDGES} {words}",
        Interface("solve", tuple(parameters), kind),
        f"{uses}pub fn solve({listed}) -> {kind} {{\n{body}}}\n{helpers}",
        oracle,
        arguments,
        [trimmed(*case) for case in _SMALL],
    )


def _roads(price: str, direction: str) -> Problem:
    words, python, rust = _PRICE[price]
    about, test, insert = _DIRECTION[direction]
    reference = f"""use std::collections::BTreeSet;

pub fn prices(nodes: usize, roads: &[(usize, usize, u64)]) -> Vec<Option<u64>> {{
    let mut prices = vec![None; nodes];
    let mut open = BTreeSet::from([(0, 0)]);
    while let Some((price, node)) = open.pop_first() {{
        if prices[node].is_none() {{
            prices[node] = Some(price);
            for &(a, b, toll) in roads {{
                {test} {{
{insert.replace("$price", rust)}                }}
            }}
        }}
    }}
    prices
}}
"""

    def oracle(nodes: int, roads: list[tuple[int, int, int]]) -> list[int | None]:
        if direction == "both":
            roads = [*roads, *((b, a, toll) for a, b, toll in roads)]
        found: dict[int, int] = {0: 0}
        for _ in range(nodes):
            for a, b, toll in roads:
                if a in found:
                    paid = python(found[a], toll)
                    found[b] = min(paid, found.get(b, paid))
        return [found.get(n) for n in range(nodes)]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        nodes = draw.between(2, 6)
        roads = [
            (draw.below(nodes), draw.below(nodes), draw.pick((0, 1, 2, 3, 5, 9)))
            for _ in range(draw.between(1, 12))
        ]
        return (nodes, roads)

    return Problem(
        "The places of a country are the numbers from 0 to `nodes` - 1; there is at least one. "
        "(a, b, toll) in `roads` is a road that joins a and b. "
        f"{about} There may be several roads between two places, and roads from a place to "
        f"itself. The price of a way over roads is {words}; it is 0 if one stays where one is. "
        "Return for each place, from place 0 on, the lowest price of a way from place 0 to it, or "
        "None if there is no way.",
        Interface("prices", (_NODES, ("roads", "&[(usize, usize, u64)]")), "Vec<Option<u64>>"),
        reference,
        oracle,
        arguments,
        [
            (1, []), (1, [(0, 0, 4)]), (2, []), (2, [(0, 1, 3)]), (2, [(1, 0, 3)]),
            (3, [(0, 1, 5), (0, 1, 2), (1, 2, 2)]), (3, [(0, 2, 9), (0, 1, 4), (1, 2, 4)]),
            (4, [(0, 1, 1), (1, 3, 7), (0, 2, 3), (2, 3, 5)]), (3, [(2, 1, 0), (1, 0, 0)]),
        ],
    )  # fmt: skip


_SMALL: list[tuple[int, _Edges]] = [
    (0, []), (1, []), (1, [(0, 0)]), (2, [(0, 1)]), (2, [(1, 0)]), (2, [(0, 1), (1, 0)]),
    (3, []), (3, [(0, 1), (1, 2), (2, 0)]), (4, [(2, 3), (2, 3), (0, 2)]),
    (4, [(3, 2), (2, 1), (1, 0)]),
]  # fmt: skip


def _graph(draw: Draw, most: int = 6) -> tuple[int, _Edges]:
    nodes = draw.between(2, most)
    edges = [(draw.below(nodes), draw.below(nodes)) for _ in range(draw.between(1, nodes + 3))]
    return nodes, edges
