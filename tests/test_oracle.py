"""The host's side of the result channel: the codec, the reading of answers, the comparison."""

import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from plain_data import anything, confusable, same, unhurried

from forgegym.verifiers import oracle
from forgegym.verifiers.oracle import (
    Call,
    Case,
    CaseResult,
    Expectation,
    Malformed,
    NotPlainError,
    OracleError,
    Raised,
    Returned,
    Tolerance,
    Unencodable,
    above_trivial,
    ask,
    compare,
    matches,
    new_id,
    read_answer,
    request,
)
from forgegym.verifiers.python import driver
from forgegym.verifiers.python.driver import MalformedError, decode, encode, parse
from forgegym.verifiers.sandbox.base import Limits

ID = "0123456789abcdef0123456789abcdef"


def there_and_back(value: object) -> object:
    return decode(parse(b'{"value":%s}' % encode(value).encode())["value"])


def value_answer(value: object, id: str = ID) -> bytes:
    return f'{{"id":"{id}","value":{encode(value)}}}'.encode()


def case(value: object = None, **expectation: object) -> Case:
    return Case(Call("f", (1,)), Expectation(value, **expectation))


def judge(one: Case, answer: bytes) -> CaseResult:
    (result,) = compare([one], [ID], [answer])
    return result


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


# ---------------------------------------------------------------- the codec


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1, '{"int":"1"}'),
        (-(2**64), '{"int":"-18446744073709551616"}'),
        (1.0, '{"float":"1.0"}'),
        (-0.0, '{"float":"-0.0"}'),
        (math.inf, '{"float":"inf"}'),
        (math.nan, '{"float":"nan"}'),
        ("é", '"\\u00e9"'),
        ("\ud800", '{"surrogates":"7aCA"}'),
        (b"\xff", '{"bytes":"/w=="}'),
        ([1, "1"], '[{"int":"1"},"1"]'),
        ((None,), '{"tuple":[null]}'),
        ({"b", "a"}, '{"set":["a","b"]}'),
        (frozenset(), '{"frozenset":[]}'),
        ({1: [], "": None}, '{"dict":[[{"int":"1"},[]],["",null]]}'),
    ],
)
def test_each_kind_of_value_has_its_documented_json(value, text):
    assert encode(value) == text


@unhurried
@given(anything)
def test_a_value_comes_back_as_it_went(value):
    assert same(there_and_back(value), value)


@unhurried
@given(anything)
def test_the_encoding_is_compact_ascii_json_without_numbers(value):
    def refuse(text):
        raise AssertionError(f"a number: {text}")

    text = encode(value)
    read = json.loads(text, parse_int=refuse, parse_float=refuse, parse_constant=refuse)
    assert json.dumps(read, separators=(",", ":")) == text


def test_two_lone_surrogates_are_not_the_character_that_they_would_make():
    assert there_and_back("\ud83d\ude00") == "\ud83d\ude00" != there_and_back("\U0001f600")


def test_the_encoding_of_a_set_is_the_same_in_every_process():
    program = (
        "import sys; from forgegym.verifiers.python.driver import encode\n"
        "print(encode({'a', 'b', 'c', 'd', ('e', 1), frozenset({'f', 'g'})}))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


class Whole(int):
    pass


class Text(str):
    pass


class Items(list):
    pass


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (Whole(1), "Whole"),
        (Text("a"), "Text"),
        (Items(), "Items"),
        ([{"a": (Whole(1),)}], "Whole"),
        ({Text("a"): 1}, "Text"),
        (1j, "complex"),
        (bytearray(b"a"), "bytearray"),
        (range(3), "range"),
        (len, "builtin_function_or_method"),
        ((i for i in "ab"), "generator"),
        (int, "type"),
        ({math.nan}, "NaN in a set or as a key"),
        ({(1, math.nan): 1}, "NaN in a set or as a key"),
        (nested(33), "nested deeper than 32"),
        ("a" * (1 << 20), f"more than {driver.MAX_BYTES} bytes"),
        (b"a" * (1 << 20), f"more than {driver.MAX_BYTES} bytes"),
        ([10**20] * 50_000, f"more than {driver.MAX_BYTES} bytes"),
        (["a" * 1000] * 1000, f"more than {driver.MAX_BYTES} bytes"),
        ([None] * (driver.MAX_NODES + 1), f"more than {driver.MAX_NODES} values"),
        (10**5000, f"an int of more than {driver.MAX_INT_BITS} bits"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 99 else "",
)
def test_what_is_no_plain_value_is_named_and_not_encoded(value, what):
    with pytest.raises(NotPlainError) as refused:
        encode(value)
    assert str(refused.value) == what


def test_a_list_that_holds_itself_is_refused():
    value: list = []
    value.append(value)
    with pytest.raises(NotPlainError, match="nested deeper"):
        encode(value)


def test_a_list_that_doubles_at_every_level_is_refused():
    value: list = []
    for _ in range(31):
        value = [value, value]
    with pytest.raises(NotPlainError, match="more than"):
        encode(value)


def test_the_bounds_are_reached_and_not_only_exceeded():
    for value in (nested(32), 2**driver.MAX_INT_BITS - 1, "a" * (driver.MAX_BYTES - 2)):
        assert there_and_back(value) == value


def test_every_int_that_is_taken_has_no_more_digits_than_python_reads():
    assert len(str(2**driver.MAX_INT_BITS - 1)) <= driver.MAX_DIGITS
    assert sys.int_info.default_max_str_digits == driver.MAX_DIGITS


@pytest.mark.parametrize(
    "text",
    [
        *("1", "-1", "1.5", "1e400", "NaN", "Infinity", "-Infinity"),  # numbers of JSON's own
        *("{}", '{"int":"1","int":"1"}', '{"int":"1","float":"1"}', '{"complex":"1"}'),
        *('{"int":1}', '{"int":""}', '{"int":"-"}', '{"int":"01"}', '{"int":"-0"}', '{"int":"+1"}'),
        *('{"int":"1_0"}', '{"int":" 1"}', '{"int":"1.0"}', '{"int":"0x1"}', '{"int":"\\u0661"}'),
        '{"int":"%s"}' % ("9" * 4300),
        '{"int":"%s"}' % ("9" * 100_000),
        *('{"float":""}', '{"float":"1e400"}', '{"float":"-1e400"}', '{"float":"NaN"}'),
        *('{"float":"infinity"}', '{"float":"1_0.0"}', '{"float":" 1.0"}', '{"float":"\\u0661"}'),
        *('{"float":"1.0.0"}', '{"float":"0x1p3"}', '{"float":"1.%s"}' % ("0" * 400)),
        *('{"bytes":"a"}', '{"bytes":"YQ"}', '{"bytes":"YR=="}', '{"bytes":"Y Q=="}'),
        *('{"bytes":"é"}', '{"bytes":null}', '{"surrogates":"YQ=="}', '{"surrogates":"/w=="}'),
        *('"\\ud800"', '{"int":"\\ud800"}', '{"\\ud800":[]}'),
        *('{"tuple":null}', '{"tuple":"a"}', '{"tuple":{"tuple":[]}}', '{"list":[]}'),
        *('{"set":[[]]}', '{"set":[{"set":[]}]}', '{"set":[{"dict":[]}]}', '{"set":[true,true]}'),
        *('{"set":[true,{"int":"1"}]}', '{"set":[{"float":"nan"}]}', '{"set":[{"tuple":[[]]}]}'),
        *('{"dict":[[]]}', '{"dict":[["a"]]}', '{"dict":[["a",null,null]]}', '{"dict":["ab"]}'),
        *('{"dict":{"a":null}}', '{"dict":[["a",null],["a",null]]}', '{"dict":[[[],null]]}'),
        '{"dict":[[{"float":"nan"},null]]}',
        "[" * 34 + "]" * 34,
        '{"tuple":[' * 34 + "]}" * 34,
        f"[{','.join(['null'] * driver.MAX_NODES)}]",
    ],
    ids=lambda text: text[:30],
)
def test_what_no_encoder_writes_is_malformed(text):
    tree_or_refusal = read_answer(b'{"id":"%s","value":%s}' % (ID.encode(), text.encode()), ID)
    assert isinstance(tree_or_refusal, Malformed)


@pytest.mark.parametrize("step", [2**61 - 1, -(2**61 - 1)])
def test_a_forged_set_of_colliding_numbers_is_refused_before_it_is_built(step):
    """As many as fit into an answer would keep the host busy for seconds."""
    elements = ",".join(f'{{"int":"{step * i}"}}' for i in range(1, 10_000))
    for text in (f'{{"set":[{elements}]}}', f'{{"set":[{{"tuple":[{elements}]}},{elements}]}}'):
        with pytest.raises(MalformedError, match="one hash"):
            decode(parse(b'{"value":%s}' % text.encode())["value"])


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-0", -0.0), ("1e+16", 1e16), ("1" + "0" * 308, 1e308), ("5e-324", 5e-324)],
)
def test_the_floats_of_other_languages_printers_are_read(text, value):
    answer = read_answer(b'{"id":"%s","value":{"float":"%s"}}' % (ID.encode(), text.encode()), ID)
    assert answer == Returned(value)


# ---------------------------------------------------------------- requests


def test_a_request_is_compact_json_with_an_id_a_name_and_arguments():
    assert request(Call("add", (1, "a")), ID) == (
        b'{"id":"%s","call":"add","args":[{"int":"1"},"a"]}' % ID.encode()
    )


def test_a_request_holds_nothing_of_what_is_expected():
    secret = "what is expected"
    requests, _ = ask([case(secret), case(raises=secret)])
    assert not any(b"expected" in sent for sent in requests)


def test_an_argument_that_has_no_encoding_is_refused_before_anything_runs():
    with pytest.raises(NotPlainError, match="object"):
        request(Call("f", (object(),)), ID)


def test_every_request_has_an_id_of_its_own():
    _, ids = ask([case(1)] * 100)
    assert len(set(ids)) == 100
    assert all(len(bytes.fromhex(id)) == 16 for id in ids)


def test_with_a_seeded_source_the_requests_are_the_same_again():
    def asked():
        source = random.Random(7)
        return ask([case(1), case(2)], lambda: source.randbytes(16).hex())

    assert asked() == asked()


def test_a_message_may_have_as_many_bytes_as_an_answer_by_default():
    assert Limits().answer_bytes == driver.MAX_MESSAGE_BYTES


# ---------------------------------------------------------------- reading answers


@unhurried
@given(anything)
def test_a_returned_value_is_read(value):
    answer = read_answer(value_answer(value), ID)
    assert isinstance(answer, Returned)
    assert same(answer.value, value)


def test_an_exception_is_read():
    payload = b'{"id":"%s","raised":"ValueError","message":"no"}' % ID.encode()
    assert read_answer(payload, ID) == Raised("ValueError", "no")


def test_a_value_without_encoding_is_read():
    payload = b'{"id":"%s","unencodable":"generator"}' % ID.encode()
    assert read_answer(payload, ID) == Unencodable("generator")


def test_the_order_of_fields_and_blanks_between_them_are_free():
    payload = b'{ "value" : [ ] ,\n"id":"%s" }' % ID.encode()
    assert read_answer(payload, ID) == Returned([])


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"null",
        b"[]",
        b"{}",
        b'"id"',
        b'{"id":"ID"}',
        b'{"value":null}',
        b'{"id":null,"value":null}',
        b'{"id":["ID"],"value":null}',
        b'{"id":"ID","value":null} ',
        b' {"id":"ID","value":null}',
        b'{"id":"ID","value":null}{"id":"ID","value":null}',
        b'{"id":"ID","id":"ID","value":null}',
        b'{"id":"ID","value":null,"value":null}',
        b'{"id":"ID","value":null,"passed":true}',
        b'{"id":"ID","value":null,"raised":"E","message":""}',
        b'{"id":"ID","raised":"E"}',
        b'{"id":"ID","raised":null,"message":""}',
        b'{"id":"ID","raised":"E","message":{"bytes":""}}',
        b'{"id":"ID","raised":"E","message":"\\ud800"}',
        b'{"id":"ID","raised":"%s","message":""}' % (b"E" * 101),
        b'{"id":"ID","raised":"E","message":"%s"}' % (b"m" * 1001),
        b'{"id":"ID","unencodable":["a"]}',
        b'{"id":"ID","unencodable":"%s"}' % (b"a" * 101),
        b'{"id":"ID","value":"\x00"}',
        b'{"id":"ID","value":"%s"}' % (b"a" * (1 << 20)),
        b'{"id":"ID","value":' + b"[" * 500_000,
        b'{"id":"ID","value":' + b'{"tuple":[' * 90_000,
        b'{"id":"ID","value":' + b"1" * 1_000_000 + b"}",
    ],
    ids=lambda payload: payload[:40].decode("latin-1"),
)
def test_what_is_not_one_answer_to_this_request_is_malformed(payload):
    assert isinstance(read_answer(payload.replace(b"ID", ID.encode()), ID), Malformed)


def test_an_answer_to_another_request_is_malformed():
    assert isinstance(read_answer(value_answer(1, new_id()), ID), Malformed)


def fragments() -> st.SearchStrategy[bytes]:
    """Nearly answers: pieces of the protocol in any order."""
    pieces = (
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"',
            b"\\",
            b"\\ud800",
            b"null",
            b"true",
            b"1",
            b"NaN",
        ),
        *(b'"id"', b'"%s"' % ID.encode(), b'"value"', b'"raised"', b'"message"', b'"unencodable"'),
        *(b'{"int":', b'{"float":', b'{"set":[', b'{"dict":[[', b'{"bytes":', b'"nan"', b'"1"'),
        b'{"id":"%s","value":' % ID.encode(),
    )
    return st.lists(st.sampled_from(pieces), max_size=20).map(b"".join)


@unhurried
@given(st.one_of(st.binary(), fragments(), fragments().map(lambda f: value_answer(1)[:-9] + f)))
@example(b"")
def test_no_bytes_whatever_raise_or_pass_for_an_answer(payload):
    result = judge(case("a value that is nowhere in the fragments"), payload)
    assert not result.passed
    assert result.reason


@unhurried
@given(anything, st.data())
def test_an_answer_with_one_byte_changed_never_raises(value, data):
    payload = bytearray(value_answer(value))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] = data.draw(st.integers(0, 255))
    judge(case(1), bytes(payload))


# ---------------------------------------------------------------- comparing values


@unhurried
@given(confusable, confusable)
def test_without_tolerance_two_values_match_when_they_are_the_same(a, b):
    assert matches(a, b) == same(a, b)


@unhurried
@given(anything)
def test_a_value_matches_itself_after_the_way_through_the_sandbox(value):
    assert matches(value, there_and_back(value))


@unhurried
@given(anything)
def test_a_value_matches_itself_with_every_tolerance(value):
    assert matches(value, value, Tolerance(1e-9, 1e-9, numeric=True, sequences_alike=True))


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (1, True),
        (0, False),
        (1, 1.0),
        ("1", 1),
        ("a", b"a"),
        ([1], (1,)),
        ({1}, frozenset({1})),
        ({1}, {True}),
        ({1: "a"}, {True: "a"}),
        ({1: "a"}, {1.0: "a"}),
        ([], {}),
        (None, False),
        (float("nan"), 0.0),
        ([1, 2], [2, 1]),
        ([1, 2], [1, 2, 3]),
        (2**53 + 1, float(2**53)),
        ({(1,): 1}, {(True,): 1}),
    ],
)
def test_what_python_may_call_equal_or_alike_is_not_the_same(expected, value):
    assert not matches(expected, value)


def test_nan_is_expected_as_nan_and_zero_has_no_sign():
    assert matches([float("nan"), 0.0], [float("nan"), -0.0])


def test_sets_and_dicts_have_no_order():
    assert matches({1: "a", 2: "b"}, {2: "b", 1: "a"})
    assert matches({8, 0, 16}, {16, 8, 0})


def test_numeric_lets_ints_and_floats_stand_for_each_other_everywhere_but_in_keys():
    numeric = Tolerance(numeric=True)
    assert matches([1, {2}, {"a": 3.0}], [1.0, {2.0}, {"a": 3}], numeric)
    assert not matches({1: "a"}, {1.0: "a"}, numeric)
    assert not matches(1, True, numeric)
    assert not matches(2**53 + 1, float(2**53), numeric)


def test_sequences_alike_lets_lists_and_tuples_stand_for_each_other():
    alike = Tolerance(sequences_alike=True)
    assert matches([(1, 2), [3]], ([1, 2], (3,)), alike)
    assert not matches([1, 2], [2, 1], alike)
    assert not matches([1], {1}, alike)


@pytest.mark.parametrize(
    ("expected", "value", "tolerance", "matched"),
    [
        (1.0, 1.1, Tolerance(absolute=0.11), True),
        (1.0, 1.1, Tolerance(absolute=0.09), False),
        (1000.0, 1001.0, Tolerance(relative=1e-3), True),
        (1000.0, 1001.1, Tolerance(relative=1e-3), False),
        (0.0, 1e-300, Tolerance(relative=0.5), False),
        # Relative to what is expected: a large answer does not widen its own target.
        (1.0, 1.9, Tolerance(relative=0.5), False),
        (100, 101, Tolerance(absolute=5.0), False),
        (100, 101, Tolerance(absolute=5.0, numeric=True), False),
        (100, 101.0, Tolerance(absolute=5.0, numeric=True), True),
        (10**400, 1.0, Tolerance(relative=0.5, numeric=True), False),
        (1e308, -1e308, Tolerance(relative=0.5), False),
        (math.inf, math.inf, Tolerance(absolute=1.0), True),
        (math.inf, 1e308, Tolerance(absolute=1e308, relative=0.9), False),
        (1e308, math.inf, Tolerance(absolute=1e308, relative=0.9), False),
        (10**400, math.inf, Tolerance(relative=0.9, numeric=True), False),
        (math.nan, math.nan, Tolerance(absolute=1.0), True),
        (math.nan, 0.0, Tolerance(absolute=1.0), False),
        (0.0, math.nan, Tolerance(absolute=1.0), False),
        ("a", "b", Tolerance(absolute=1.0), False),
        (1.0, 1, Tolerance(absolute=1.0), False),
        (1, 1.0, Tolerance(absolute=1.0), False),
        ([1.0], (1.5,), Tolerance(absolute=1.0), False),
        ({1.0}, frozenset({1.5}), Tolerance(absolute=1.0), False),
        (True, False, Tolerance(absolute=1.0, numeric=True), False),
    ],
)
def test_a_tolerance_is_for_floats_and_is_measured_from_what_is_expected(
    expected, value, tolerance, matched
):
    assert matches(expected, value, tolerance) is matched


@unhurried
@given(st.floats(), st.floats(), st.floats(0, 1e3), st.floats(0, 1, exclude_max=True))
def test_a_tolerance_says_what_exact_arithmetic_says(expected, value, absolute, relative):
    assume(math.isfinite(expected) and math.isfinite(value))
    off = abs(Fraction(value) - Fraction(expected))
    allowed = max(Fraction(absolute), Fraction(relative) * abs(Fraction(expected)))
    assert matches(expected, value, Tolerance(absolute, relative)) == (off <= allowed)


def test_a_tolerance_reaches_into_every_container_but_not_into_keys():
    near = Tolerance(absolute=0.01)
    assert matches([({"a": 1.0},), {2.0, 3.0}], [({"a": 1.001},), {3.001, 2.001}], near)
    assert matches({(1.0, "a"), (1.0, "b")}, {(1.001, "b"), (1.001, "a")}, near)
    assert not matches({1.0: "a"}, {1.001: "a"}, near)
    assert not matches({"a": 1.0}, {"b": 1.0}, near)
    assert not matches([1.0, 2.0], [1.0], near)
    assert not matches({1.0, 2.0}, {1.0, 2.5}, near)
    assert not matches({1.0, 2.0}, {1.0}, near)
    assert not matches({1.0}, {1.0, 2.0}, near)


def test_numbers_of_a_set_are_paired_as_if_each_were_held_against_each():
    def paired(wanted, found, tolerance):
        """By definition: each of what is wanted has one partner, and no two the same."""
        partners = [[y for y in found if oracle._near(x, y, tolerance)] for x in wanted]
        alone = all(len(near) == 1 for near in partners)
        return alone and len({near[0] for near in partners}) == len(found)

    draw = random.Random(3)
    kinds = (
        lambda: draw.randint(-3, 3),
        lambda: draw.choice([-2.0, 0.25, 0.5, 1.0, 1.25, 2.9, math.inf, 1e308]),
        lambda: (draw.randint(0, 2), draw.choice([0.25, 0.5])),
    )
    outcomes = Counter()
    for _ in range(2000):
        wanted = {draw.choice(kinds)() for _ in range(draw.randint(1, 4))}
        near = {x + draw.choice([0, 0.125]) if type(x) is float else x for x in wanted}
        found = near if draw.random() < 0.5 else {draw.choice(kinds)() for _ in wanted}
        for tolerance in (
            Tolerance(absolute=0.3, numeric=True),
            Tolerance(relative=0.2, numeric=True),
            Tolerance(absolute=0.25),
        ):
            (_, a), (_, b) = oracle._form(wanted, tolerance), oracle._form(found, tolerance)
            told = oracle._pair_off(a - b, b - a, tolerance)
            assert told == paired(a - b, b - a, tolerance), (wanted, found)
            outcomes[told] += a != b
    assert min(outcomes[True], outcomes[False]) > 100


def test_a_set_without_end_is_compared_at_once():
    """Held against each other, a hundred thousand numbers and a thousand would take minutes."""
    wanted = {float(n) for n in range(1000)}
    near = Tolerance(absolute=1e-6, numeric=True)
    assert matches(wanted, {n + 1e-7 for n in wanted}, near)
    assert not matches(wanted, {n + 1e-7 for n in wanted} | set(range(-100_000, 0)), near)
    assert not matches(wanted, {n + 0.5 for n in wanted}, near)
    pairs = {(n, 0.5) for n in range(2000)}
    assert not matches(pairs, {(n, 0.5 + 1e-9) for n in range(2000)}, near)
    assert matches({(n, 0.5) for n in range(200)}, {(n, 0.5 + 1e-9) for n in range(200)}, near)


def test_two_elements_of_a_set_do_not_share_one_partner():
    assert not matches({1.0, 5.0}, {0.95, 1.05}, Tolerance(absolute=0.1))
    assert not matches({0.95, 1.05}, {1.0, 5.0}, Tolerance(absolute=0.1))


def test_elements_of_a_set_that_are_closer_than_the_tolerance_do_not_match():
    """Which is whose would depend on the order in which they are looked at."""
    for i in range(30):
        assert not matches({i + 0.5, i + 0.625}, {i + 0.4375, i + 0.5625}, Tolerance(absolute=0.1))


@pytest.mark.parametrize(
    "numbers",
    [
        {"absolute": -1.0},
        {"absolute": math.inf},
        {"absolute": math.nan},
        {"relative": -0.1},
        {"relative": 1.0},
        {"relative": math.nan},
    ],
)
def test_a_tolerance_that_makes_no_sense_is_refused(numbers):
    with pytest.raises(ValueError, match="tolerance"):
        Tolerance(**numbers)


def test_an_expectation_that_no_answer_can_meet_is_refused():
    with pytest.raises(NotPlainError, match="range"):
        Expectation(range(3))
    with pytest.raises(ValueError, match="not both"):
        Expectation(1, raises="ValueError")


# ---------------------------------------------------------------- results


def test_a_right_answer_passes():
    result = judge(case([1, 2]), value_answer([1, 2]))
    assert result == CaseResult(True, "", Returned([1, 2]))


def test_the_expected_exception_passes():
    payload = b'{"id":"%s","raised":"ValueError","message":"no"}' % ID.encode()
    assert judge(case(raises="ValueError"), payload).passed


@pytest.mark.parametrize(
    ("one", "fields", "reason"),
    [
        (case(1), '"value":{"int":"2"}', "wrong value"),
        (case(1), '"raised":"ValueError","message":""', "raised ValueError"),
        (case(1), '"unencodable":"generator"', "no plain data: generator"),
        (case(1), '"passed":true', "malformed answer"),
        (case(raises="ValueError"), '"value":null', "did not raise ValueError"),
        (case(raises="ValueError"), '"raised":"TypeError","message":""', "raised TypeError"),
        (case(raises="ValueError"), '"unencodable":"ValueError"', "no plain data: ValueError"),
        # None is expected and a name is not: no exception passes for a value.
        (case(None), '"raised":"NoneType","message":""', "raised NoneType"),
        (case(None), '"raised":"","message":""', "raised "),
    ],
)
def test_a_wrong_answer_fails_with_its_reason(one, fields, reason):
    result = judge(one, f'{{"id":"{ID}",{fields}}}'.encode())
    assert (result.passed, result.reason) == (False, reason)


def test_the_names_in_a_reason_are_short_and_cannot_steer_a_terminal():
    name = json.dumps("\x1b[2J\u202e" + "E" * 90)
    payload = f'{{"id":"{ID}","raised":{name},"message":""}}'.encode()
    assert judge(case(1), payload).reason == "raised ?[2J?" + "E" * 55


def test_cases_without_an_answer_have_failed():
    cases = [case(1), case(1), case(1)]
    results = compare(cases, ["a", "b", "c"], [value_answer(1, "a")])
    assert [r.passed for r in results] == [True, False, False]
    assert [r.reason for r in results[1:]] == ["no answer", "no answer"]


def test_more_answers_than_requests_fail_every_case():
    results = compare([case(1)], [ID], [value_answer(1), value_answer(1)])
    assert [r.reason for r in results] == ["more answers than requests"]


def test_answers_in_another_order_are_nobodys():
    results = compare([case(1), case(1)], ["a", "b"], [value_answer(1, "b"), value_answer(1, "a")])
    assert [r.reason for r in results] == ["malformed answer"] * 2


def test_cases_and_ids_that_do_not_belong_together_are_an_alarm():
    with pytest.raises(OracleError, match="2 cases, but 1 ids"):
        compare([case(1), case(1)], [ID], [])


@pytest.mark.parametrize("error", [RecursionError, MemoryError, TypeError])
def test_a_comparison_that_fails_of_itself_is_an_alarm_and_not_a_result(monkeypatch, error):
    def broken(*_):
        raise error

    monkeypatch.setattr(oracle, "matches", broken)
    with pytest.raises(OracleError, match="f could not be compared"):
        judge(case(1), value_answer(1))


# ---------------------------------------------------------------- what counts come to


@pytest.mark.parametrize(
    ("public", "hidden", "given", "share"),
    [
        ((3, 3), (40, 40), 10, 1.0),
        ((0, 3), (10, 40), 10, 0.0),
        ((0, 3), (5, 40), 10, 0.0),
        ((0, 3), (25, 40), 10, 0.5),  # what is shown takes nothing off where more is wrong anyway
        ((2, 3), (40, 40), 10, 42 / 43),
        ((0, 2), (2, 2), 1, 0.5),  # of four possible arguments all that are hidden, none shown
        ((3, 3), (40, 40), 40, 1.0),
        ((3, 3), (39, 40), 40, 0.0),
        ((0, 0), (0, 0), 0, 0.0),
    ],
)
def test_only_what_is_right_everywhere_has_all_above_the_trivial(public, hidden, given, share):
    counts = [dict(zip(("passed", "total"), pair, strict=True)) for pair in (public, hidden)]
    assert above_trivial(*counts, given) == pytest.approx(share)
