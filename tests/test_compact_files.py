"""A contract of several files: which files it means, how they join, and how places are named."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from compact_answers import ACCEPTED, cases

from forgegym.verifiers.compact import files as judging
from forgegym.verifiers.compact.files import Checked, check_files, has_other_files
from forgegym.verifiers.compact.frontend.check import FilesResult, check, check_file
from forgegym.verifiers.compact.frontend.files import (
    FileError,
    candidates,
    last,
    parent,
    split_search_path,
    symbol,
)
from forgegym.verifiers.verifier import ToolchainMissingError

# The answers are compactc 0.31.1's own. A program begins with the file that is compiled.
CASES = r"""
### where a file is looked for

--- main.compact
import "lib/Thing";
export circuit f(): Field { return g(1); }
--- lib/Thing.compact
module Thing { export circuit g(x: Field): Field { return x; } }
=> accepted

--- main.compact
import Thing;
export circuit f(): Field { return g(1); }
--- Thing.compact
module Thing { export circuit g(x: Field): Field { return x; } }
=> accepted

--- src/main.compact
import "../lib/B";
export circuit f(): Field { return g(1); }
--- lib/B.compact
module B { import "C"; export circuit g(x: Field): Field { return h(x); } }
--- lib/C.compact
module C { export circuit h(x: Field): Field { return x; } }
=> accepted

--- main.compact
include "lib/a";
export circuit f(): Field { return g(1); }
--- lib/a.compact
include "b";
--- lib/b.compact
circuit g(x: Field): Field { return x; }
=> accepted

--- main.compact
include "lib/a";
--- lib/a.compact
include "b";
--- b.compact
circuit g(x: Field): Field { return x; }
=> a.compact 1:1 failed to locate file "b.compact"

--- main.compact
include "lib/a";
export circuit f(): Field { return g(1); }
--- lib/a.compact
import "B";
--- B.compact
module B { export circuit g(x: Field): Field { return x; } }
=> accepted

--- main.compact
include "lib/a";
export circuit f(): Field { return g(1); }
--- lib/a.compact
import "B";
--- lib/B.compact
module B { export circuit g(x: Field): Field { return x; } }
=> a.compact 1:1 failed to locate file "B.compact"

--- main.compact
import "lib/../lib/a";
--- lib/a.compact
module a { export ledger n: Nope; }
=> a.compact 1:29 unbound identifier Nope

--- main.compact
import "lib/a";
import Inner;
export circuit f(): Field { return q; }
--- lib/a.compact
module a { export module Inner { import "b"; export ledger q: Field; } }
--- lib/b.compact
module b { }
=> a.compact 1:34 failed to locate file "b.compact"

--- main.compact
include 'lib/\x61';
=> main.compact 1:1 failed to locate file "lib/a.compact"

--- main.compact
include "gone";
=> main.compact 1:1 failed to locate file "gone.compact"

--- main.compact
import "gone";
=> main.compact 1:1 failed to locate file "gone.compact"

--- main.compact
import Gone;
=> main.compact 1:1 failed to locate file "Gone.compact"

--- main.compact
import { a } from "lib/gone";
=> main.compact 1:1 failed to locate file "lib/gone.compact"

--- main.compact
include "std";
=> main.compact 1:1 failed to locate file "std.compact": possibly replace include with import
   CompactStandardLibrary

--- main.compact
module N { import "a"; }
=> main.compact 1:12 failed to locate file "a.compact"

--- main.compact
module N { include "a"; }
=> main.compact 1:12 failed to locate file "a.compact"

--- main.compact
include "a";
include "b";
include "c";
=> main.compact 3:1 failed to locate file "c.compact"

--- main.compact
import 'lib/a"b';
=> main.compact 1:1 failed to locate file "lib/a\"b.compact"

--- main.compact
include "~/nope";
=> main.compact 1:1 failed to locate file "~/nope.compact"

### the search path

COMPACT_PATH=libs
--- main.compact
import "B";
export circuit f(): Field { return g(1); }
--- libs/B.compact
module B { export circuit g(x: Field): Field { return x; } }
=> accepted

COMPACT_PATH=none:libs
--- main.compact
import B;
export circuit f(): Field { return g(1); }
--- libs/B.compact
module B { export circuit g(x: Field): Field { return x; } }
=> accepted

COMPACT_PATH=libs
--- main.compact
import B;
export circuit f(): Field { return g(1); }
--- libs/B.compact
module B { export circuit g(x: Field): Field { return x; } }
--- B.compact
module B { export circuit h(x: Field): Field { return x; } }
=> main.compact 2:36 unbound identifier g

COMPACT_PATH=libs
--- main.compact
import "x/B";
export circuit f(): Field { return g(1); }
--- libs/x/B.compact
module B { import "y/C"; export circuit g(x: Field): Field { return h(x); } }
--- libs/y/C.compact
module C { export circuit h(x: Field): Field { return x; } }
=> accepted

COMPACT_PATH=:libs
--- main.compact
import "x/B";
--- libs/x/B.compact
module B { import "C"; }
--- C.compact
module C { export ledger q: Field; }
=> accepted

COMPACT_PATH=libs/
--- main.compact
import B;
export circuit f(): Field { return g(true); }
--- libs/B.compact
module B { export circuit g(x: Field): Field { return x; } }
=> main.compact 2:36 no compatible function named g is in scope at this call; one function is
   incompatible with the supplied argument types; supplied argument types: (Boolean); declared
   argument types for function at B.compact line 1 char 12: (Field)

### what a file may hold

--- main.compact
include "a";
include "a";
--- a.compact
ledger x: Field;
=> a.compact 1:1 another binding found for x in the same scope at a.compact line 1 char 1

--- main.compact
module M { include "a"; }
import M;
export circuit f(): Field { return g(1); }
--- a.compact
export circuit g(x: Field): Field { return x; }
=> accepted

--- main.compact
include "a";
export circuit f(): Field { return g(); }
--- a.compact
export { g };
circuit g(): Field { return 1; }
=> accepted

--- main.compact
include "lib/a";
export circuit f(): Maybe<Field> { return none<Field>(); }
--- lib/a.compact
import CompactStandardLibrary;
=> accepted

--- main.compact
include "a";
import a;
export circuit f(): Field { return g(); }
--- a.compact
module a { export circuit g(): Field { return 1; } }
=> accepted

--- main.compact
import "lib/Thing";
--- lib/Thing.compact
module Thing { }
module Other { }
=> main.compact 1:1 lib/Thing.compact does not contain a (single) module defintion

--- main.compact
import "lib/Thing";
--- lib/Thing.compact
export ledger x: Field;
=> main.compact 1:1 lib/Thing.compact does not contain a (single) module defintion

--- main.compact
import "lib/Thing";
--- lib/Thing.compact
pragma language_version >= 0.20;
module Thing { }
=> accepted

--- main.compact
import "lib/Thing";
--- lib/Thing.compact
import CompactStandardLibrary;
module Thing { }
=> main.compact 1:1 lib/Thing.compact does not contain a (single) module defintion

--- main.compact
import "lib/Thing";
--- lib/Thing.compact
pragma language_version >= 0.99;
module Thing { }
=> Thing.compact 1:1 language version 0.23.0 mismatch

--- main.compact
import "lib/Thing";
--- lib/Thing.compact
module Other { export circuit g(x: Field): Field { return x; } }
=> main.compact 1:1 lib/Thing.compact defines module Other rather than expected module Thing

--- main.compact
import "lib/a-b";
--- lib/a-b.compact
module a { }
=> main.compact 1:1 lib/a-b.compact defines module a rather than expected module a-b

--- main.compact
import "lib/1 b";
--- lib/1 b.compact
module a { }
=> main.compact 1:1 lib/1 b.compact defines module a rather than expected module \x31;\x20;b

--- main.compact
import "ledger";
--- ledger.compact
module ledger { }
=> ledger.compact 1:8 parse error: found keyword "ledger" looking for an identifier

--- main.compact
include "a";
constructor() { }
--- a.compact
constructor() { }
=> a.compact 1:1 found other ledger constructors in program: ; main.compact line 2 char 1

--- main.compact
import "a";
--- a.compact
module a { constructor() { } }
=> a.compact 1:12 misplaced constructor: should appear only at the top level of a program

--- main.compact
module N { import "a"; }
--- a.compact
pragma language_version 0.22;
module a { }
=> a.compact 1:1 language version 0.23.0 mismatch

### what an import brings

--- main.compact
import { g as h } from "a" prefix P_;
export circuit f(): Field { return P_h(1); }
--- a.compact
module a {
  export circuit g(x: Field): Field { return x; }
  export circuit k(x: Field): Field { return x; }
}
=> accepted

--- main.compact
import { q } from "a";
--- a.compact
module a { export circuit g(x: Field): Field { return x; } }
=> main.compact 1:10 no export named q in module a

--- main.compact
import "a"<3>;
export circuit f(): Field { return g(1); }
--- a.compact
module a<#N> { export circuit g(x: Field): Field { return x + N; } }
=> accepted

--- main.compact
import "lib/a"<3, 4>;
--- lib/a.compact
module a<#N> { export circuit g(x: Field): Field { return x + N; } }
=> main.compact 1:1 mismatch between actual number 2 and declared number 1 of import generic
   parameters for a

--- main.compact
import "lib/a";
--- lib/a.compact
module a<#N> { export circuit g(x: Field): Field { return x + N; } }
=> main.compact 1:1 mismatch between actual number 0 and declared number 1 of import generic
   parameters for a

--- main.compact
import "a";
ledger x: Field;
--- a.compact
module a { export ledger x: Field; }
=> main.compact 2:1 another binding found for x in the same scope at line 1 char 1

--- main.compact
import "a";
import "b";
--- a.compact
module a { export ledger x: Field; }
--- b.compact
module b { export ledger x: Field; }
=> main.compact 2:1 another binding found for x in the same scope at line 1 char 1

--- main.compact
import "a";
import "./a";
--- a.compact
module a { export ledger x: Field; }
=> main.compact 2:1 another binding found for x in the same scope at line 1 char 1

--- main.compact
import "a";
import "a";
--- a.compact
module a { export ledger x: Field; }
=> accepted

--- main.compact
import "a"; import "b";
export circuit f(): [] { ia(); ib(); }
--- a.compact
module a { import "c"; export circuit ia(): [] { n.increment(1); } }
--- b.compact
module b { import "c"; export circuit ib(): [] { n.increment(1); } }
--- c.compact
module c { import CompactStandardLibrary; export ledger n: Counter; }
=> accepted

--- main.compact
import "a" prefix A_;
import "./a" prefix B_;
export circuit f(p: A_P): B_P { return p; }
--- a.compact
module a { export struct P { x: Field } }
=> accepted

--- main.compact
module B { export circuit g(x: Field): Field { return x; } }
import B;
export circuit f(): Field { return g(1); }
--- B.compact
module B { export circuit h(x: Field): Field { return x; } }
=> accepted

--- main.compact
module M { export circuit k(): [] { } }
import "B";
--- B.compact
module B { import M; }
=> B.compact 1:12 failed to locate file "M.compact"

--- main.compact
circuit k(): [] { }
import "B";
--- B.compact
module B { export circuit g(): [] { k(); } }
=> B.compact 1:37 unbound identifier k

--- main.compact
import CompactStandardLibrary;
export circuit f(): Maybe<Field> { return none<Field>(); }
--- CompactStandardLibrary.compact
module CompactStandardLibrary { }
=> accepted

--- main.compact
import "CompactStandardLibrary";
--- CompactStandardLibrary.compact
module CompactStandardLibrary { export ledger mine: Field; }
=> accepted

--- main.compact
import "CompactStandardLibrary";
=> main.compact 1:1 failed to locate file "CompactStandardLibrary.compact"

--- main.compact
import "a";
import Inner;
--- a.compact
module a { export module Inner { export ledger q: Field; } }
=> accepted

--- main.compact
import "a";
export { x };
export { x };
--- a.compact
module a { export ledger x: Field; }
=> accepted

--- main.compact
import "a";
export { y };
--- a.compact
module a { export ledger x: Field; }
=> main.compact 2:10 unbound identifier y

### files in a circle

--- main.compact
include "main";
=> main.compact 1:1 include cycle involving "main.compact"

--- main.compact
include "a";
--- a.compact
include "b";
--- b.compact
include "a";
=> b.compact 1:1 include cycle involving "a.compact"

--- main.compact
include "a";
--- a.compact
include "main";
=> main.compact 1:1 include cycle involving "a.compact"

--- main.compact
import "A";
--- A.compact
module A { import "B"; export circuit g(x: Field): Field { return x; } }
--- B.compact
module B { import "A"; }
=> B.compact 1:12 cycle involving modules B and A

--- main.compact
import "A";
--- A.compact
module A { import "A"; }
=> A.compact 1:12 cycle involving module A

### an error in another file

--- main.compact
import "lib/Thing";
export circuit f(): Field { return g(1); }
--- lib/Thing.compact
module Thing {
  export circuit g(x: Field): Field { return y; }
}
=> Thing.compact 2:46 unbound identifier y

--- main.compact
include "a";
export circuit f(: Field { return g(1); }
--- a.compact
export circuit f(x: { return g(1); }
=> main.compact 2:18 parse error: found ":" looking for a typed pattern or ")"

--- main.compact
import "a";
export circuit f(): Field { return g(1); }
--- a.compact
module a { export circuit f(x: { return g(1); } }
=> a.compact 1:32 parse error: found "{" looking for a type

--- main.compact
import "a";
--- a.compact
module a { export circuit f(): [] { return; const x = 1; } }
=> accepted

--- main.compact
module N { import "a"; }
--- a.compact
module a { export circuit f(): [] { return; const x = 1; } }
=> accepted

--- main.compact
import "a";
--- a.compact
module a { circuit g(): Field { return true; } }
=> a.compact 1:33 mismatch between actual return type Boolean and declared return type Field of
   circuit g

--- main.compact
include "a";
export circuit f(): Field { return 1; }
--- a.compact
circuit g(x: Field): Field { return x;
=> a.compact 2:1 parse error: found end of file looking for a statement or "}"

--- main.compact
include "a";
--- a.compact
circuit g(x: Field): Field { assert(true, "abc
=> a.compact 2:1 unexpected end of file

COMPACT_PATH=libs/
--- main.compact
import B;
export circuit f(): Field { return g(1); }
--- libs/B.compact
module B { export circuit g(x: Field): Field { return true; } }
=> B.compact 1:48 mismatch between actual return type Boolean and declared return type Field of
   circuit g

--- main.compact
import "lib//a";
--- lib/a.compact
module a { export ledger n: Nope; }
=> a.compact 1:29 unbound identifier Nope

### places in messages

--- main.compact
import "a";
export circuit f(): [] { g(true); }
--- a.compact
module a { export circuit g(x: Field): [] { } }
=> main.compact 2:26 no compatible function named g is in scope at this call; one function is
   incompatible with the supplied argument types; supplied argument types: (Boolean); declared
   argument types for function at a.compact line 1 char 12: (Field)

--- main.compact
import "a";
import "b";
export circuit f(): [] { g(1); }
--- a.compact
module a { export circuit g(x: Field): [] { } }
--- b.compact
module b { export circuit g(x: Field): [] { } }
=> main.compact 3:26 call site ambiguity (multiple compatible functions) in call to g; supplied
   argument types: (Uint<1>); compatible functions: a.compact line 1 char 12; b.compact line 1
   char 12

--- main.compact
include "b";
export circuit f(x: Field): Field { return g(x); }
--- b.compact
circuit g(x: Field): Field { return f(x); }
=> b.compact 1:1 recursion involving g and f at main.compact line 2 char 1

--- main.compact
import "lib/S";
export circuit f(): [] { set(); }
--- lib/S.compact
module S { sealed ledger q: Field; export circuit set(): [] { q = 1; } }
=> main.compact 2:1 exported circuits cannot modify sealed ledger fields but f calls (directly or
   indirectly) set, which modifies sealed field q at S.compact line 1 char 63

--- main.compact
import "lib/A";
export ledger w: Field;
export circuit f(): [] { w = a(1); }
--- lib/A.compact
module A { import "B"; export circuit a(x: Field): Field { const q = b(x); return q; } }
--- lib/B.compact
module B { witness s(x: Field): Field; export circuit b(x: Field): Field { return s(x) + 1; } }
=> main.compact 3:28 potential witness-value disclosure must be declared but is not: witness value
   potentially disclosed: the return value of witness s at B.compact line 1 char 12; nature of the
   disclosure: ledger operation might disclose the result of an addition involving the witness
   value; via this path through the program: the computation at B.compact line 1 char 83; the
   binding of q at A.compact line 1 char 66; the right-hand side of = at line 3 char 28

--- main.compact
import "lib/main";
export ledger w: Field;
export circuit f(): [] { w = a(1); }
--- lib/main.compact
module main {
  import "sub/main" prefix P_;
  export circuit a(x: Field): Field { const q = P_a(x); return q; }
}
--- lib/sub/main.compact
module main { witness s(x: Field): Field; export circuit a(x: Field): Field { return s(x) + 1; } }
=> main.compact 3:28 potential witness-value disclosure must be declared but is not: witness value
   potentially disclosed: the return value of witness s at lib/sub/main.compact line 1 char 15;
   nature of the disclosure: ledger operation might disclose the result of an addition involving
   the witness value; via this path through the program: the computation at lib/sub/main.compact
   line 1 char 86; the binding of q at lib/main.compact line 3 char 45; the right-hand side of =
   at line 3 char 28

--- main.compact
include "lib/main";
export circuit f(): Field { return g(1); }
--- lib/main.compact
circuit g(x: Field): Field { return true; }
=> lib/main.compact 1:30 mismatch between actual return type Boolean and declared return type
   Field of circuit g

--- main.compact
include "lib/main";
export circuit f(): Field { return true; }
--- lib/main.compact
circuit g(x: Field): Field { return x; }
=> main.compact 2:29 mismatch between actual return type Boolean and declared return type Field of
   circuit f

--- main.compact
include "a";
ledger x: Field;
--- a.compact
ledger x: Field;
=> main.compact 2:1 another binding found for x in the same scope at a.compact line 1 char 1

--- main.compact
import "b";
import "a";
export circuit f(): [] { g(1); }
--- b.compact
module b { export circuit g(x: Field): [] { } }
--- a.compact
module a { export circuit g(x: Field): [] { } }
=> main.compact 3:26 call site ambiguity (multiple compatible functions) in call to g; supplied
   argument types: (Uint<1>); compatible functions: a.compact line 1 char 12; b.compact line 1
   char 12

--- main.compact
include "z"; include "a";
--- z.compact
constructor() { }
--- a.compact
constructor() { }
constructor() { }
=> z.compact 1:1 found other ledger constructors in program: ; a.compact line 1 char 1, a.compact
   line 2 char 1

### which error comes first

--- main.compact
export circuit f(): Field { return true; }
include "a";
--- a.compact
export circuit g(): Field { return true; }
=> main.compact 1:29 mismatch between actual return type Boolean and declared return type Field of
   circuit f

--- main.compact
include "a";
export circuit f(): Field { return true; }
--- a.compact
export circuit g(): Field { return true; }
=> a.compact 1:29 mismatch between actual return type Boolean and declared return type Field of
   circuit g

--- main.compact
include "a";
export circuit f(): Field { return 1; const a = 1; }
--- a.compact
export circuit g(): Field { return 1; const a = 1; }
=> a.compact 1:45 unreachable statement

--- main.compact
include "a";
include "b";
--- a.compact
circuit
--- b.compact
ledger
=> b.compact 2:1 parse error: found end of file looking for an identifier

--- main.compact
import "z"; import "b";
--- z.compact
module z { circuit zz(): Field { return true; } }
--- b.compact
module b { circuit bb(): Field { return true; } }
=> z.compact 1:34 mismatch between actual return type Boolean and declared return type Field of
   circuit zz

--- main.compact
circuit mm(): Field { return true; }
import "z";
--- z.compact
module z { circuit zz(): Field { return true; } }
=> z.compact 1:34 mismatch between actual return type Boolean and declared return type Field of
   circuit zz

--- main.compact
import "z";
import CompactStandardLibrary;
circuit mm(): Maybe<Field> { return true; }
--- z.compact
module z { import CompactStandardLibrary; circuit zz(): Maybe<Field> { return true; } }
=> z.compact 1:72 mismatch between actual return type Boolean and declared return type struct
   Maybe<is_some: Boolean, value: Field> of circuit zz

--- main.compact
include "z";
export circuit f(): [] { return; return; }
--- z.compact
circuit g(): [] { const a = 1; const a = 2; }
=> main.compact 2:34 unreachable statement

### a published library

--- contracts/src/token/MyToken.compact
pragma language_version >= 0.16.0;
import CompactStandardLibrary;
import "../access/Ownable" prefix Ownable_;
import "./Fungible" prefix Fungible_;
export { Ownable_owner };
constructor(o: Either<ZswapCoinPublicKey, ContractAddress>, n: Opaque<"string">) {
  Ownable_initialize(o);
  Fungible_initialize(n, 18);
}
export circuit name(): Opaque<"string"> { return Fungible_name(); }
export circuit mint(a: Either<ZswapCoinPublicKey, ContractAddress>, v: Uint<128>): [] {
  Ownable_assertOnlyOwner();
  Fungible__mint(a, v);
}
--- contracts/src/token/Fungible.compact
pragma language_version >= 0.16.0;
module Fungible {
  import CompactStandardLibrary;
  import "../security/Initializable" prefix Initializable_;
  import "../utils/Utils" prefix Utils_;
  export ledger _balances: Map<Either<ZswapCoinPublicKey, ContractAddress>, Uint<128>>;
  export ledger _totalSupply: Uint<128>;
  export sealed ledger _name: Opaque<"string">;
  export sealed ledger _decimals: Uint<8>;
  export circuit initialize(name_: Opaque<"string">, decimals_: Uint<8>): [] {
    Initializable_initialize();
    _name = disclose(name_);
    _decimals = disclose(decimals_);
  }
  export circuit name(): Opaque<"string"> { Initializable_assertInitialized(); return _name; }
  export circuit _mint(account: Either<ZswapCoinPublicKey, ContractAddress>, value: Uint<128>): [] {
    Initializable_assertInitialized();
    assert(!Utils_isKeyOrAddressZero(account), "invalid receiver");
    const b = _balances.member(disclose(account)) ? _balances.lookup(disclose(account)) : 0;
    _balances.insert(disclose(account), disclose(b + value as Uint<128>));
  }
}
--- contracts/src/security/Initializable.compact
pragma language_version >= 0.16.0;
module Initializable {
  import CompactStandardLibrary;
  export ledger _isInitialized: Boolean;
  export circuit initialize(): [] { assertNotInitialized(); _isInitialized = true; }
  export circuit assertInitialized(): [] { assert(_isInitialized, "not initialized"); }
  export circuit assertNotInitialized(): [] { assert(!_isInitialized, "already initialized"); }
}
--- contracts/src/utils/Utils.compact
module Utils {
  import CompactStandardLibrary;
  export pure circuit isKeyOrAddressZero(k: Either<ZswapCoinPublicKey, ContractAddress>): Boolean {
    return isContractAddress(k)
      ? default<ContractAddress> == k.right
      : default<ZswapCoinPublicKey> == k.left;
  }
  export pure circuit isContractAddress(k: Either<ZswapCoinPublicKey, ContractAddress>): Boolean {
    return !k.is_left;
  }
}
--- contracts/src/access/Ownable.compact
module Ownable {
  import CompactStandardLibrary;
  import "../security/Initializable" prefix Initializable_;
  import "../utils/Utils" prefix Utils_;
  export ledger _owner: Either<ZswapCoinPublicKey, ContractAddress>;
  export circuit initialize(o: Either<ZswapCoinPublicKey, ContractAddress>): [] {
    Initializable_initialize();
    _owner = disclose(o);
  }
  export circuit owner(): Either<ZswapCoinPublicKey, ContractAddress> { return _owner; }
  export circuit assertOnlyOwner(): [] {
    const caller = ownPublicKey();
    assert(caller == _owner.left, "not owner");
  }
}
=> accepted

--- src/Main.compact
import CompactStandardLibrary;
import "lib/Store" prefix S_;
witness secret(): Field;
export circuit f(): [] { S_put(secret()); }
--- src/lib/Store.compact
module Store {
  import CompactStandardLibrary;
  export ledger v: Field;
  export circuit put(x: Field): [] { v = x + 1; }
}
=> Store.compact 4:40 potential witness-value disclosure must be declared but is not: witness
   value potentially disclosed: the return value of witness secret at Main.compact line 3 char 1;
   nature of the disclosure: ledger operation might disclose the result of an addition involving
   the witness value; via this path through the program: the argument to put at Main.compact line
   4 char 26; the computation at line 4 char 42; the right-hand side of = at line 4 char 40
"""

PATH = "COMPACT_PATH="


def written(folder: Path, program: str) -> tuple[str, str]:
    """Write the files of a program into `folder`; the name of the first, and the search path."""
    head, *files = program.split("--- ")
    for file in files:
        name, _, text = file.partition("\n")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return files[0].partition("\n")[0], head.strip().removeprefix(PATH)


def said(result: FilesResult) -> str:
    """What the front end says, in the form of the cases."""
    if result.error is None:
        return ACCEPTED
    if result.place is None:
        return result.error.message
    place = result.place
    return f"{place.name} {place.line}:{place.column} {result.error.message}"


Lay = Callable[[Mapping[str, str | bytes]], None]


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lay:
    """Writes files; the working folder is where they are, and no variable tells of others."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMPACT_PATH", raising=False)

    def write(files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


@pytest.mark.parametrize(("program", "expected"), cases(CASES))
def test_the_front_end_answers_as_the_compiler(program: str, expected: str, lay: Lay) -> None:
    main, search = written(Path.cwd(), program)
    assert said(check_file(main, split_search_path(search))) == expected


# -------------------------------------------------------------------- names of files


@pytest.mark.parametrize(
    ("path", "folder", "name"),
    [
        ("a.compact", "", "a.compact"),
        ("lib/a.compact", "lib", "a.compact"),
        ("./a.compact", ".", "a.compact"),
        ("/a.compact", "/", "a.compact"),
        ("lib//a.compact", "lib", "a.compact"),
        ("../a", "..", "a"),
        ("..", "..", ""),
        ("~", "~", ""),
    ],
)
def test_a_path_is_a_folder_and_a_name(path: str, folder: str, name: str) -> None:
    assert (parent(path), last(path)) == (folder, name)


def test_a_file_is_looked_for_in_the_folder_and_then_along_the_search_path() -> None:
    assert candidates("x/a", "src", ("libs", "")) == [
        "src/x/a.compact",
        "libs/x/a.compact",
        "x/a.compact",
    ]


@pytest.mark.parametrize("name", ["/opt/a", "~/a"])
def test_an_absolute_name_is_looked_for_nowhere_else(name: str) -> None:
    assert candidates(name, "src", ("libs",)) == [f"{name}.compact"]


@pytest.mark.parametrize(
    ("text", "folders"),
    [("", ()), ("libs", ("libs",)), ("a:b", ("a", "b")), (":a", ("", "a")), ("a:", ("a",))],
)
def test_colons_separate_the_folders_of_the_search_path(
    text: str, folders: tuple[str, ...]
) -> None:
    assert split_search_path(text) == folders


@pytest.mark.parametrize(
    ("name", "written"), [("a", "a"), ("a-b", "a-b"), ("1a", "\\x31;a"), ("", "||"), ("-", "-")]
)
def test_a_name_is_written_as_a_symbol_of_scheme(name: str, written: str) -> None:
    assert symbol(name) == written


# -------------------------------------------------------------------- what is read

GIVES = "module a { export circuit g(x: Field): Field { return x; } }\n"
MAIN = 'import "a";\nexport circuit f(): Field { return g(1); }\n'


def test_each_file_that_was_read_is_told_once_in_the_order_of_reading(lay: Lay) -> None:
    lay({"main.compact": f'include "inc";\nimport "./a";\n{MAIN}', "a.compact": GIVES})
    lay({"inc.compact": "ledger x: Field;\n"})
    result = check_file("main.compact")
    assert [file.path for file in result.files] == [
        "main.compact",
        "inc.compact",
        "./a.compact",
        "a.compact",
    ]


def test_one_file_alone_gets_the_answer_that_its_text_gets(lay: Lay) -> None:
    for text in ("ledger x: Field;\n", "ledger x: Fjeld;\n", "ledger\n", 'include "gone";\n'):
        lay({"main.compact": text})
        alone, as_file = check(text), check_file("main.compact")
        assert (alone.error is None) == (as_file.error is None)
        if alone.error is not None and as_file.error is not None:
            assert alone.error.message == as_file.error.message
            assert alone.error.pos == as_file.error.pos


def test_a_text_alone_reads_no_file(lay: Lay) -> None:
    lay({"a.compact": GIVES})
    error = check(MAIN).error
    assert error is not None
    assert error.message == 'failed to locate file "a.compact"'


@pytest.mark.parametrize(
    ("content", "column"),
    [
        (b"circuit g(x: Field): Field {\r\n  return true;\r\n}\r\n", 3),
        (b"\xef\xbb\xbfcircuit g(x: Field): Field {\r\treturn true;\r\n}", 2),
        ("circuit g(x: Field): Field { /* \u4e16 */\n /* \U0001f600 */ return true; }", 10),
    ],
    ids=["CRLF", "BOM", "wide"],
)
def test_lines_and_columns_are_counted_as_in_one_file(
    content: str | bytes, column: int, lay: Lay
) -> None:
    lay({"main.compact": 'include "a";\nexport circuit f(): Field { return g(1); }\n'})
    lay({"a.compact": content})
    assert said(check_file("main.compact")).startswith(f"a.compact 2:{column} mismatch")


def test_a_link_is_the_file_at_the_place_of_the_link(lay: Lay) -> None:
    lay({"main.compact": MAIN.replace('"a"', '"lib/a"')})
    needing = GIVES.replace("module a {", 'module a { import "b";')
    lay({"real/a.compact": needing.replace("return x", "return h(x)")})
    lay({"lib/b.compact": "module b { export circuit h(x: Field): Field { return x; } }"})
    os.symlink("../real/a.compact", "lib/a.compact")
    assert said(check_file("main.compact")) == ACCEPTED


@pytest.mark.parametrize("target", ["a.compact", "nowhere.compact"], ids=["loop", "dangling"])
def test_a_link_to_nothing_is_no_file(target: str, lay: Lay) -> None:
    lay({"main.compact": MAIN})
    os.symlink(target, "a.compact")
    assert said(check_file("main.compact")) == 'main.compact 1:1 failed to locate file "a.compact"'


def test_a_folder_is_no_source_file(lay: Lay) -> None:
    lay({"main.compact": MAIN})
    os.mkdir("a.compact")
    expected = "error opening source file: a.compact is a directory"
    assert said(check_file("main.compact")) == expected


def test_a_file_that_is_not_there_has_no_place(lay: Lay) -> None:
    expected = "error opening source file: failed for gone.compact: no such file or directory"
    assert said(check_file("gone.compact")) == expected


def test_a_home_folder_is_meant_by_a_tilde(lay: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    lay({"main.compact": MAIN.replace('"a"', '"~/a"'), "home/a.compact": GIVES})
    monkeypatch.setenv("HOME", str(Path("home").absolute()))
    assert said(check_file("main.compact")) == ACCEPTED


# -------------------------------------------------------------------- what is no text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"module a { } // \xff\n", "a.compact is not UTF-8 text (byte 0xff at offset 16)"),
        (b" " * 2_000_001, "a.compact has more than 2,000,000 bytes, which is no contract"),
    ],
    ids=["not UTF-8", "2 MB"],
)
@pytest.mark.parametrize("word", ["import", "include"])
def test_a_file_that_is_no_text_is_an_error_of_its_own(
    word: str, content: bytes, sentence: str, lay: Lay
) -> None:
    lay({"main.compact": f'{word} "a";\n', "a.compact": content})
    with pytest.raises(FileError) as caught:
        check_file("main.compact")
    assert str(caught.value) == sentence


def test_a_pipe_is_not_waited_for(lay: Lay) -> None:
    lay({"main.compact": MAIN})
    os.mkfifo("a.compact")
    with pytest.raises(FileError, match=r"a\.compact is no regular file"):
        check_file("main.compact")


def test_a_device_is_not_read(lay: Lay) -> None:
    lay({"main.compact": MAIN})
    os.symlink("/dev/zero", "a.compact")
    with pytest.raises(FileError, match=r"a\.compact is no regular file"):
        check_file("main.compact")


def test_what_is_too_much_in_all_is_refused(lay: Lay) -> None:
    long = "// " + "x" * 300_000 + "\n"
    lay({"main.compact": 'include "a";\ninclude "b";\n', "a.compact": long, "b.compact": long})
    assert "more than 500,000 characters in all its files" in said(check_file("main.compact"))


def test_files_that_import_each_other_by_ever_longer_paths_come_to_an_end(lay: Lay) -> None:
    lay({"main.compact": 'import "./a";\n', "a.compact": 'module a { import "./a"; }\n'})
    result = check_file("main.compact")
    assert "more than 1,000 files" in said(result)
    assert result.program is None


# -------------------------------------------------------------------- the verdict


def frontend(path: str = "main.compact") -> Checked:
    return check_files(path, "frontend")


def test_a_verdict_is_as_of_one_file(lay: Lay) -> None:
    joined = GIVES + MAIN.replace('"a"', "a")
    lay({"main.compact": MAIN, "a.compact": GIVES, "joined.compact": joined})
    several, one = frontend().verdict, frontend("joined.compact").verdict
    assert several.accepted
    assert several.metrics == one.metrics
    assert several.facts == one.facts
    assert several.stages == one.stages


def test_decisions_of_all_files_count(lay: Lay) -> None:
    deciding = GIVES.replace("return x;", "return x == 3 ? 1 : x;")
    lay({"main.compact": MAIN, "a.compact": deciding})
    # It is called with 1 alone, but each circuit is measured for itself.
    assert frontend().verdict.metrics["decisions.ternary"] == 1.0


def test_what_the_files_declare_is_used_if_another_uses_it(lay: Lay) -> None:
    lay({"main.compact": 'import "a";\nexport circuit f(p: P): Field { return p.x; }\n'})
    lay({"a.compact": "module a { export struct P { x: Field } }\n"})
    assert "struct" in frontend().verdict.facts["constructs"]


def test_a_diagnostic_comes_with_the_path_of_its_file(lay: Lay) -> None:
    lay({"main.compact": MAIN.replace('"a"', '"lib/a"')})
    lay({"lib/a.compact": GIVES.replace("return x", "return y")})
    checked = frontend()
    assert checked.places == ("lib/a.compact",)
    assert checked.verdict.diagnostics[0].line == 1
    assert [file.path for file in checked.files] == ["main.compact", "lib/a.compact"]


def test_a_syntax_error_fails_the_stage_that_parses(lay: Lay) -> None:
    lay({"main.compact": MAIN, "a.compact": "module a {"})
    assert frontend().verdict.stage == "parse"
    lay({"a.compact": "module b { }"})
    assert frontend().verdict.stage == "compile"


def test_what_the_compiler_names_no_place_for_has_none(lay: Lay) -> None:
    lay({"main.compact": MAIN})
    os.mkdir("a.compact")
    checked = frontend()
    assert checked.places == (None,)
    assert checked.verdict.diagnostics[0].line is None


def test_a_first_file_that_is_not_there_is_refused_too(lay: Lay) -> None:
    checked = frontend("gone.compact")
    assert not checked.verdict.accepted
    assert checked.verdict.valid


def test_the_search_path_is_the_compilers_variable(
    lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay({"main.compact": MAIN, "libs/a.compact": GIVES})
    assert not frontend().verdict.accepted
    monkeypatch.setenv("COMPACT_PATH", "nowhere:libs")
    assert frontend().verdict.accepted


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ('include "gone";', True),
        ('import "gone";', True),
        ('import { g } from "gone";', True),
        ("import a;", True),
        ("import Gone;", False),
        ("import CompactStandardLibrary;", False),
        ("// include 'a';\nledger x: Field;", False),
        ("export circuit f(): [] { assert(true, \"include 'a';\"); }", False),
        ("no program at all \x00 '", False),
    ],
)
def test_a_program_asks_for_other_files_by_path_or_by_the_name_of_one(
    text: str, asks: bool, lay: Lay
) -> None:
    lay({"a.compact": GIVES})
    assert has_other_files("main.compact", text) == asks


def test_without_a_compiler_compactc_is_not_replaced(
    lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "open_compiler", lambda *_, **__: None)
    lay({"main.compact": MAIN, "a.compact": GIVES})
    with pytest.raises(ToolchainMissingError):
        check_files("main.compact", "compactc")
    assert check_files("main.compact", "auto").verdict.toolchain.name != "compactc"


# -------------------------------------------------------------------- the real compiler

SANDBOXED = [
    *cases(CASES)[:6],
    *(one for one in cases(CASES) if str(one.id).startswith(("the search path", "a published"))),
    *(one for one in cases(CASES) if str(one.id).startswith("an error in another file")),
]


@pytest.mark.compactc
@pytest.mark.bubblewrap
@pytest.mark.parametrize(("program", "expected"), SANDBOXED)
def test_compactc_in_a_sandbox_finds_the_same_files(
    program: str, expected: str, lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, search = written(Path.cwd(), program)
    monkeypatch.setenv("COMPACT_PATH", search)
    checked = check_files(main, "compactc", sandbox="bubblewrap")
    if checked.verdict.accepted:
        assert expected == ACCEPTED
        assert checked.verdict.metrics["complexity"] >= 1
        return
    place, diagnostic = checked.places[0], checked.verdict.diagnostics[0]
    assert place is not None
    assert f"{last(place)} {diagnostic.line}:{diagnostic.column} {diagnostic.message}" == expected
    assert place in [file.path for file in checked.files]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"main.compact": 'include "lib/1 b";\n', "lib/1 b.compact": ""}, "1 b.compact"),
        ({"main.compact": "import '/tmp/../dev/null';\n"}, None),
        ({"main.compact": f'include "{"../" * 3}a";\n'}, None),
    ],
    ids=["a space", "nothing there", "above"],
)
@pytest.mark.compactc
@pytest.mark.bubblewrap
def test_what_the_sandbox_cannot_have_is_said(
    files: Mapping[str, str], sentence: str | None, lay: Lay
) -> None:
    lay(files)
    if sentence is None:
        checked = check_files("main.compact", "compactc", sandbox="bubblewrap")
        assert "failed to locate file" in checked.verdict.diagnostics[0].message
    else:
        with pytest.raises(FileError, match=sentence):
            check_files("main.compact", "compactc", sandbox="bubblewrap")
