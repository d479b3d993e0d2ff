"""The standard library's declarations, parsed on first use from `stdlib.compact` beside this file.

Every position in the tree it gives is negative (see `core.STANDARD_LIBRARY`) and in the order of
the text, for the compiler sorts its findings by position and prints these as one place. The native
functions are declared as witnesses there; `NATIVES` says what the language cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import ast
from .parser import parse


@dataclass(frozen=True, slots=True)
class NativeFacts:
    """`is_witness` and `discloses` as in `core.Native`."""

    is_witness: bool
    discloses: tuple[str | None, ...]


def _circuit(*discloses: str | None) -> NativeFacts:
    return NativeFacts(False, discloses)


def _witness(parameters: int) -> NativeFacts:
    return NativeFacts(True, (None,) * parameters)


NATIVES: dict[str, NativeFacts] = {
    "transientHash": _circuit("a hash of"),
    "transientCommit": _circuit(None, None),
    "persistentHash": _circuit("a hash of"),
    "persistentCommit": _circuit(None, None),
    "degradeToTransient": _circuit("a modulus of"),
    "upgradeFromTransient": _circuit("a converted form of"),
    "jubjubPointX": _circuit("the X coordinate of"),
    "jubjubPointY": _circuit("the Y coordinate of"),
    "ecAdd": _circuit(*["an elliptic curve sum including"] * 2),
    "ecMul": _circuit(*["an elliptic curve product including"] * 2),
    "ecMulGenerator": _circuit("the product of the embedded group generator with"),
    "hashToCurve": _circuit("a hash of"),
    "constructJubjubPoint": _circuit(
        "a JubjubPoint containing x coordinate", "a JubjubPoint containing y coordinate"
    ),
    "ownPublicKey": _witness(0),
    "createZswapInput": _witness(1),
    "createZswapOutput": _witness(2),
}

# Names of older language versions: the compiler understands them and refuses them.
OLD_CIRCUIT_NAMES = {
    "transient_hash": "transientHash",
    "transient_commit": "transientCommit",
    "persistent_hash": "persistentHash",
    "persistent_commit": "persistentCommit",
    "degrade_to_transient": "degradeToTransient",
    "upgrade_from_transient": "upgradeFromTransient",
    "ec_add": "ecAdd",
    "ec_mul": "ecMul",
    "ec_mul_generator": "ecMulGenerator",
    "hash_to_curve": "hashToCurve",
    "merkle_tree_path_root": "merkleTreePathRoot",
    "merkle_tree_path_root_no_leaf_hash": "merkleTreePathRootNoLeafHash",
    "native_token": "nativeToken",
    "own_public_key": "ownPublicKey",
    "create_zswap_input": "createZswapInput",
    "create_zswap_output": "createZswapOutput",
    "token_type": "tokenType",
    "mint_token": "mintShieldedToken",
    "evolve_nonce": "evolveNonce",
    "burn_address": "shieldedBurnAddress",
    "send_immediate": "sendImmediateShielded",
    "merge_coin": "mergeCoin",
    "merge_coin_immediate": "mergeCoinImmediate",
    "mintToken": "mintShieldedToken",
    "burnAddress": "shieldedBurnAddress",
    "receive": "receiveShielded",
    "send": "sendShielded",
    "sendImmediate": "sendImmediateShielded",
    "NativePointX": "jubjubPointX",
    "NativePointY": "jubjubPointY",
    "nativePointX": "jubjubPointX",
    "nativePointY": "jubjubPointY",
    "constructNativePoint": "constructJubjubPoint",
}
OLD_TYPE_NAMES = {"NativePoint": "JubjubPoint", "CurvePoint": "JubjubPoint"}


@lru_cache(maxsize=1)
def declarations() -> tuple[ast.Declaration, ...]:
    """What `import CompactStandardLibrary` brings, ADTs apart (`ledger.ADTS`)."""
    text = Path(__file__).with_name("stdlib.compact").read_text(encoding="utf-8")
    program = parse(text)
    _shift(program, -len(text) - 1)
    return tuple(program.declarations)


def _shift(node: object, by: int) -> None:
    """Add `by` to every position in the tree, so that all of them become negative."""
    if isinstance(node, (list, tuple)):
        for element in node:
            _shift(element, by)
        return
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        if name.endswith("pos"):
            setattr(node, name, value + by)
        else:
            _shift(value, by)
