"""The ledger's abstract data types: operations, conditions, nesting and limits."""

import pytest

from forgegym.verifiers.compact.frontend import ledger, stdlib
from forgegym.verifiers.compact.frontend.check import check
from forgegym.verifiers.compact.frontend.source import SourceMap

LIBRARY = "import CompactStandardLibrary;\n"


def refusal(source: str) -> tuple[int, int, str] | None:
    error = check(source).error
    if error is None:
        return None
    assert error.pos is not None
    return (*SourceMap(source).locate(error.pos), error.message)


def using(type_: str, statement: str) -> str:
    return f"{LIBRARY}ledger f: {type_};\nexport circuit g(): [] {{\n  {statement}\n}}"


@pytest.mark.parametrize(
    ("type_", "statement"),
    [
        ("Counter", "f += 65535;"),
        ("Counter", "f -= 1;"),
        ("Counter", "f.resetToDefault();"),
        ("Counter", 'assert(f.lessThan(3) && f == 2, "two");'),
        ("Field", "f = f + 1;"),
        ("Field", "f.write(f.read());"),
        ("Set<Field>", "if (!f.member(1)) f.insert(f.size());"),
        ("Set<Field>", "f.remove(2);"),
        ("Map<Field, Boolean>", "f.insert(1, f.lookup(2));"),
        ("Map<Field, Counter>", "f.insertDefault(1);"),
        ("Map<Field, Map<Field, Counter>>", "f.lookup(1).lookup(2).increment(1);"),
        ("Map<Field, Map<Field, Field>>", "f.insert(1, default<Map<Field, Field>>);"),
        ("List<Field>", "f.pushFront(f.head().value);"),
        ("List<Field>", "f.popFront();"),
        ("MerkleTree<2, Field>", "f.insertIndex(1, 0);"),
        ("HistoricMerkleTree<32, Field>", "f.resetHistory();"),
    ],
)
def test_operations_that_exist(type_: str, statement: str) -> None:
    assert refusal(using(type_, statement)) is None


COIN = "default<ShieldedCoinInfo>"
SELF = "right<ZswapCoinPublicKey, ContractAddress>(kernel.self())"


@pytest.mark.parametrize(
    ("type_", "call"),
    [
        ("{}", "f.writeCoin({}, {});"),
        ("Set<{}>", "f.insertCoin({}, {});"),
        ("Map<Field, {}>", "f.insertCoin(1, {}, {});"),
        ("List<{}>", "f.pushFrontCoin({}, {});"),
    ],
)
def test_coin_operations_exist_for_coins_only(type_: str, call: str) -> None:
    statement = call.format(COIN, SELF)
    assert refusal(using(type_.format("QualifiedShieldedCoinInfo"), statement)) is None
    name = call[2 : call.index("(")]
    shown = type_.format("Field")
    assert refusal(using(shown, statement)) == (
        4,
        4,
        f"operation {name} undefined for ledger field type {shown}",
    )


@pytest.mark.parametrize(
    ("type_", "statement", "expected"),
    [
        (
            "Counter",
            "f += 65536;",
            (4, 5, "expected right-hand side of += to have type Uint<16> but received"
             " Uint<0..65537>"),
        ),
        (
            "Set<Field>",
            "f.iter();",
            (4, 4, "Set iter is a runtime-only method, but was invoked in-circuit"),
        ),
        (
            "MerkleTree<3, Field>",
            "f.resetHistory();",
            (4, 4, "operation resetHistory undefined for ledger field type MerkleTree<3, Field>"),
        ),
        (
            "Counter",
            "f.less_than(3);",
            (4, 4, "apparent use of an old standard-library / ledger operator name less_than:"
             " the new name is lessThan"),
        ),
    ],
)  # fmt: skip
def test_operations_that_do_not(type_: str, statement: str, expected: tuple[int, int, str]) -> None:
    assert refusal(using(type_, statement)) == expected


@pytest.mark.parametrize("name", sorted(ledger.MERKLE_TREES))
@pytest.mark.parametrize(("depth", "fits"), [(1, False), (2, True), (32, True), (33, False)])
def test_merkle_trees_have_limited_depths(name: str, depth: int, fits: bool) -> None:
    expected = (2, 11, f"{name} depth {depth} does not fall in 2 <= depth <= 32")
    assert refusal(f"{LIBRARY}ledger f: {name}<{depth}, Field>;") == (None if fits else expected)


def test_only_maps_hold_adts() -> None:
    assert refusal(f"{LIBRARY}ledger f: Set<Counter>;") == (
        2,
        15,
        "expected non-ADT type but received ledger ADT type for generic parameter value_type"
        " declared at <standard library>",
    )


def test_the_kernel_is_held_by_nothing() -> None:
    found = refusal(f"{LIBRARY}ledger f: Map<Field, Map<Field, Kernel>>;")
    assert found == (2, 33, "cannot nest Kernel ADTs within another ADT")


def test_every_old_operation_name_has_a_successor() -> None:
    names = {o.name for adt in (*ledger.ADTS.values(), ledger.CELL_ADT) for o in adt.operations}
    assert set(ledger.OLD_OPERATION_NAMES.values()) <= names


def test_every_native_is_declared_with_its_parameters() -> None:
    declared = {
        d.name: d.parameters for d in stdlib.declarations() if type(d).__name__ == "Witness"
    }
    assert declared.keys() == stdlib.NATIVES.keys()
    for name, facts in stdlib.NATIVES.items():
        assert len(facts.discloses) == len(declared[name]), name


def test_positions_in_the_standard_library_are_negative_and_in_order() -> None:
    positions = [declaration.pos for declaration in stdlib.declarations()]
    assert positions == sorted(positions)
    assert positions[-1] < 0


EXPORTS = (
    "nativeToken tokenType mintShieldedToken evolveNonce shieldedBurnAddress receiveShielded"
    " sendShielded sendImmediateShielded mergeCoin mergeCoinImmediate blockTimeLt blockTimeGte"
    " blockTimeGt blockTimeLte mintUnshieldedToken sendUnshielded receiveUnshielded"
    " unshieldedBalance unshieldedBalanceLt unshieldedBalanceGte unshieldedBalanceGt"
    " unshieldedBalanceLte degradeToTransient upgradeFromTransient ecAdd ownPublicKey"
).split()


@pytest.mark.parametrize("name", EXPORTS)
def test_the_library_is_well_typed(name: str) -> None:
    """Each circuit is checked where it is exported; what it leaks is no type error."""
    error = check(f"{LIBRARY}export {{ {name} }}").error
    assert error is None or error.message.startswith(("potential witness-value", "cannot export"))
