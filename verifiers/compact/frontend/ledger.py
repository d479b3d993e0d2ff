"""The ledger's abstract data types: what each offers, and on what conditions.

An ADT is declared here the way the standard library declares a structure: its generic
parameters, and operations whose operand types are `ast` types in scope of those parameters and
of the standard library (every position is `STANDARD_LIBRARY`). Name resolution instantiates them
(`Resolver.operations`).

Facts: Midnight's page "Ledger data types", language version 0.23.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import ast
from .core import STANDARD_LIBRARY
from .types import CELL

# A (Historic)MerkleTree's depth, both ends included.
MIN_MERKLE_TREE_DEPTH = 2
MAX_MERKLE_TREE_DEPTH = 32
MERKLE_TREES = frozenset({"MerkleTree", "HistoricMerkleTree"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """An operand. `discloses`: what the operation makes public of it ("the value of a token mint
    given by"), "" when it is the operand itself, None when nothing becomes public."""

    name: str
    type: ast.Type
    discloses: str | None = ""


@dataclass(frozen=True, slots=True)
class GenericParameter:
    """`kind`: ``size``, ``type`` (any type but an ADT) or ``type-or-adt``."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """`kind`: ``read``, ``write``, ``update``, ``remove`` or ``update-with-coin-check``.

    `only_for`: the operation exists only where the generic parameter named first is the standard
    library's type named second. Only a ``read`` leaves the ledger as it was.
    """

    name: str
    kind: str
    parameters: tuple[Parameter, ...]
    result: ast.Type
    only_for: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ADT:
    """One abstract data type.

    `runtime_only` names what exists from TypeScript only (calling it in a circuit has a message of
    its own).
    """

    name: str
    generics: tuple[GenericParameter, ...]
    operations: tuple[Operation, ...]
    runtime_only: frozenset[str] = frozenset()


def _named(name: str, *arguments: ast.GenericArgument) -> ast.TypeName:
    return ast.TypeName(STANDARD_LIBRARY, name, list(arguments))


def _uint(bits: int) -> ast.UintType:
    return ast.UintType(STANDARD_LIBRARY, ast.SizeLiteral(STANDARD_LIBRARY, bits))


_BOOLEAN = ast.BooleanType(STANDARD_LIBRARY)
_FIELD = ast.FieldType(STANDARD_LIBRARY)
_VOID = ast.TupleType(STANDARD_LIBRARY, [])
_BYTES_32 = ast.BytesType(STANDARD_LIBRARY, ast.SizeLiteral(STANDARD_LIBRARY, 32))
_UINT_16 = _uint(16)
_UINT_64 = _uint(64)
_UINT_128 = _uint(128)
_KEY = _named("key_type")
_VALUE = _named("value_type")
_COIN = _named("ShieldedCoinInfo")
_CONTRACT_ADDRESS = _named("ContractAddress")
_SHIELDED_RECIPIENT = _named("Either", _named("ZswapCoinPublicKey"), _CONTRACT_ADDRESS)
_UNSHIELDED_RECIPIENT = _named("Either", _CONTRACT_ADDRESS, _named("UserAddress"))
_TOKEN = _named("Either", _BYTES_32, _BYTES_32)
_DIGEST = _named("MerkleTreeDigest")

_QUALIFIED_COIN = "QualifiedShieldedCoinInfo"
_KEY_PARAMETER = GenericParameter("key_type", "type")
_VALUE_PARAMETER = GenericParameter("value_type", "type")
_TREE_PARAMETERS = (GenericParameter("nat", "size"), _VALUE_PARAMETER)


def _operation(name: str, kind: str, *parameters: Parameter, result: ast.Type = _VOID) -> Operation:
    return Operation(name, kind, parameters, result)


def _for_coins(name: str, *keys: Parameter) -> Operation:
    """An operation that stores a coin received in this transaction, completed with its index."""
    parameters = (*keys, Parameter("coin", _COIN), Parameter("recipient", _SHIELDED_RECIPIENT))
    condition = ("value_type", _QUALIFIED_COIN)
    return Operation(name, "update-with-coin-check", parameters, _VOID, condition)


_RESET = _operation("resetToDefault", "remove")
_IS_EMPTY = _operation("isEmpty", "read", result=_BOOLEAN)
_SIZE = _operation("size", "read", result=_UINT_64)


def _claim(name: str, parameter: str, subject: str, by: str) -> Operation:
    discloses = f"a link between a {subject} and the coin with the {by} given by"
    return _operation(name, "update", Parameter(parameter, _BYTES_32, discloses))


def _token(what: str) -> Parameter:
    return Parameter("token_type", _TOKEN, f"the type of the unshielded token {what}")


def _amount(what: str) -> Parameter:
    return Parameter("amount", _UINT_128, f"the amount of the unshielded token {what}")


def _balance_bound(side: str) -> Parameter:
    what = f"the {side} bound of the balance of the unshielded token being checked"
    return Parameter("amount", _UINT_128, what)


_BALANCE_OF = _token("having its balanced checked given by")

KERNEL = ADT(
    "Kernel",
    (),
    (
        _claim("claimZswapNullifier", "nul", "claim of nullifier", "nullifier"),
        _claim("claimZswapCoinSpend", "note", "coin spend", "commitment"),
        _claim("claimZswapCoinReceive", "note", "coin receive", "commitment"),
        _operation(
            "claimContractCall",
            "update",
            Parameter("addr", _BYTES_32, "the address of a contract being called given by"),
            Parameter(
                "entry_point",
                _BYTES_32,
                "the hash of the contract's circuit being called given by",
            ),
            Parameter("comm", _FIELD, None),
        ),
        _operation("checkpoint", "update"),
        _operation(
            "mintShielded",
            "update",
            Parameter(
                "domain_sep", _BYTES_32, "the domain separator of the token being minted given by"
            ),
            Parameter("amount", _UINT_64, "the value of a token mint given by"),
        ),
        _operation("self", "read", result=_CONTRACT_ADDRESS),
        _operation(
            "mintUnshielded",
            "update",
            Parameter(
                "domain_sep",
                _BYTES_32,
                "the domain separator of the unshielded token being minted given by",
            ),
            Parameter(
                "amount", _UINT_64, "the amount of the unshielded token being minted given by"
            ),
        ),
        _operation(
            "claimUnshieldedCoinSpend",
            "update",
            _token("being transferred given by"),
            Parameter(
                "address",
                _UNSHIELDED_RECIPIENT,
                "the recipient of the unshielded token being transferred given by",
            ),
            _amount("being transferred given by"),
        ),
        _operation(
            "incUnshieldedOutputs",
            "update",
            _token("being spent given by"),
            _amount("being spent given by"),
        ),
        _operation(
            "incUnshieldedInputs",
            "update",
            _token("being received given by"),
            _amount("being received given by"),
        ),
        _operation("balance", "read", _BALANCE_OF, result=_UINT_128),
        _operation(
            "balanceLessThan", "read", _BALANCE_OF, _balance_bound("upper"), result=_BOOLEAN
        ),
        _operation(
            "balanceGreaterThan", "read", _BALANCE_OF, _balance_bound("lower"), result=_BOOLEAN
        ),
        _operation(
            "blockTimeLessThan",
            "read",
            Parameter("time", _UINT_64, "the lower bound of the time being checked"),
            result=_BOOLEAN,
        ),
        _operation(
            "blockTimeGreaterThan",
            "read",
            Parameter("time", _UINT_64, "the upper bound of the time being checked"),
            result=_BOOLEAN,
        ),
    ),
)

CELL_ADT = ADT(
    CELL,
    (_VALUE_PARAMETER,),
    (
        _operation("read", "read", result=_VALUE),
        _operation("write", "write", Parameter("value", _VALUE)),
        _RESET,
        _for_coins("writeCoin"),
    ),
)

COUNTER = ADT(
    "Counter",
    (),
    (
        _operation("read", "read", result=_UINT_64),
        _operation("lessThan", "read", Parameter("threshold", _UINT_64), result=_BOOLEAN),
        _operation("increment", "update", Parameter("amount", _UINT_16)),
        _operation("decrement", "update", Parameter("amount", _UINT_16)),
        _RESET,
    ),
)

SET = ADT(
    "Set",
    (_VALUE_PARAMETER,),
    (
        _RESET,
        _IS_EMPTY,
        _SIZE,
        _operation("member", "read", Parameter("elem", _VALUE), result=_BOOLEAN),
        _operation("insert", "update", Parameter("elem", _VALUE)),
        _operation("remove", "remove", Parameter("elem", _VALUE)),
        _for_coins("insertCoin"),
    ),
    frozenset({"iter"}),
)

MAP = ADT(
    "Map",
    (_KEY_PARAMETER, GenericParameter("value_type", "type-or-adt")),
    (
        _RESET,
        _IS_EMPTY,
        _SIZE,
        _operation("member", "read", Parameter("key", _KEY), result=_BOOLEAN),
        _operation("lookup", "read", Parameter("key", _KEY), result=_VALUE),
        _operation("insert", "update", Parameter("key", _KEY), Parameter("value", _VALUE)),
        _operation("insertDefault", "update", Parameter("key", _KEY)),
        _operation("remove", "remove", Parameter("key", _KEY)),
        _for_coins("insertCoin", Parameter("key", _KEY)),
    ),
    frozenset({"iter"}),
)

LIST = ADT(
    "List",
    (_VALUE_PARAMETER,),
    (
        _RESET,
        _IS_EMPTY,
        _operation("length", "read", result=_UINT_64),
        _operation("head", "read", result=_named("Maybe", _VALUE)),
        _operation("popFront", "remove"),
        _operation("pushFront", "update", Parameter("value", _VALUE)),
        _for_coins("pushFrontCoin"),
    ),
    frozenset({"iter"}),
)

_HASH = Parameter("hash", _BYTES_32)
_INDEX = Parameter("index", _UINT_64)
_TREE_OPERATIONS = (
    _RESET,
    _operation("isFull", "read", result=_BOOLEAN),
    _operation("checkRoot", "read", Parameter("rt", _DIGEST), result=_BOOLEAN),
    _operation("insert", "update", Parameter("item", _VALUE)),
    _operation("insertIndex", "update", Parameter("item", _VALUE), _INDEX),
    _operation("insertHash", "update", _HASH),
    _operation("insertHashIndex", "update", _HASH, _INDEX),
    _operation("insertIndexDefault", "update", _INDEX),
)
_TREE_RUNTIME_ONLY = frozenset({"root", "first_free", "path_for_leaf", "find_path_for_leaf"})

MERKLE_TREE = ADT("MerkleTree", _TREE_PARAMETERS, _TREE_OPERATIONS, _TREE_RUNTIME_ONLY)

HISTORIC_MERKLE_TREE = ADT(
    "HistoricMerkleTree",
    _TREE_PARAMETERS,
    (*_TREE_OPERATIONS, _operation("resetHistory", "update")),
    _TREE_RUNTIME_ONLY | {"history"},
)

# What a program that imports the standard library can name; a cell is not among them.
ADTS: dict[str, ADT] = {
    adt.name: adt for adt in (KERNEL, COUNTER, SET, MAP, LIST, MERKLE_TREE, HISTORIC_MERKLE_TREE)
}

# The operation that each assignment operator stands for; a bare reference stands for `read`.
SUGAR = {"=": "write", "+=": "increment", "-=": "decrement"}
IMPLICIT_READ = "read"

# Operation names of older language versions: the compiler understands them and refuses them.
OLD_OPERATION_NAMES = {
    "check_root": "checkRoot",
    "claim_contract_call": "claimContractCall",
    "claim_zswap_coin_receive": "claimZswapCoinReceive",
    "claim_zswap_coin_spend": "claimZswapCoinSpend",
    "claim_zswap_nullifier": "claimZswapNullifier",
    "insert_coin": "insertCoin",
    "insert_default": "insertDefault",
    "insert_hash": "insertHash",
    "insert_hash_index": "insertHashIndex",
    "insert_index": "insertIndex",
    "insert_index_default": "insertIndexDefault",
    "is_empty": "isEmpty",
    "is_full": "isFull",
    "less_than": "lessThan",
    "pop_front": "popFront",
    "push_front": "pushFront",
    "push_front_coin": "pushFrontCoin",
    "reset_history": "resetHistory",
    "reset_to_default": "resetToDefault",
    "write_coin": "writeCoin",
}
