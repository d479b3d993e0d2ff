"""`SourceText`: what is in it, how it is sampled, and how Gymnasium's machinery treats it."""

import pickle
from copy import deepcopy

import gymnasium
import numpy as np
import pytest
from gymnasium.error import CustomSpaceError
from gymnasium.spaces import Dict, Discrete, Tuple
from gymnasium.spaces.utils import flatdim, flatten, flatten_space, unflatten
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from gymnasium.vector.utils import (
    batch_differing_spaces,
    batch_space,
    concatenate,
    create_empty_array,
    create_shared_memory,
    iterate,
)
from hypothesis import given
from hypothesis import strategies as st

from forgegym import SourceText


@given(st.text(), st.integers(0, 40))
def test_contains_exactly_the_texts_of_at_most_so_many_bytes(text: str, limit: int) -> None:
    assert (text in SourceText(limit)) == (len(text.encode()) <= limit)


@pytest.mark.parametrize("not_text", [b"bytes", None, 3, ["a"], "\ud800", "ok\udfff"])
def test_what_has_no_utf8_form_is_no_element(not_text: object) -> None:
    assert not_text not in SourceText(100)


def test_numpy_strings_are_texts() -> None:
    assert np.str_("ledger") in SourceText(6)


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 7, 100, 5000])
def test_samples_are_elements(limit: int) -> None:
    space = SourceText(limit, seed=3)
    assert all(space.sample() in space for _ in range(200))


def test_samples_vary_in_length_and_reach_newlines_and_all_sizes_of_characters() -> None:
    space = SourceText(2000, seed=5)
    samples = [space.sample() for _ in range(400)]
    text = "".join(samples)
    assert "" in samples
    assert max(len(s.encode()) for s in samples) > 1000
    assert "\n" in text
    assert {len(c.encode()) for c in text} == {1, 2, 3, 4}


def test_a_seed_determines_the_samples() -> None:
    a, b = SourceText(500, seed=1), SourceText(500)
    b.seed(1)
    first = [a.sample() for _ in range(5)]
    assert first == [b.sample() for _ in range(5)]
    assert first != [SourceText(500, seed=2).sample() for _ in range(5)]


def test_masks_and_probabilities_are_refused() -> None:
    space = SourceText(10)
    with pytest.raises(ValueError, match="mask"):
        space.sample(mask=np.ones(3, dtype=np.int8))
    with pytest.raises(ValueError, match="probabilities"):
        space.sample(probability=np.ones(3))


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        SourceText(-1)


def test_equality_is_equality_of_the_bound() -> None:
    assert SourceText(5) == SourceText(5, seed=9)
    assert SourceText(5) != SourceText(6)
    assert SourceText(5) != gymnasium.spaces.Text(5)
    assert len({SourceText(5), SourceText(5)}) == 1
    assert repr(SourceText(5)) == "SourceText(5)"


@pytest.mark.parametrize("copy", [deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copy_is_equal_and_continues_the_same_samples(copy: object) -> None:
    space = SourceText(300, seed=4)
    space.sample()
    other = copy(space)  # type: ignore[operator]
    assert other == space
    assert other.sample() == space.sample()


@given(st.lists(st.text(max_size=20)))
def test_json_round_trip(texts: list[str]) -> None:
    space = SourceText(100)
    assert space.from_jsonable(space.to_jsonable(texts)) == texts


# ---------------------------------------------------------------- batches


def test_a_batch_is_a_tuple_of_texts_with_different_samples() -> None:
    batch = batch_space(SourceText(200, seed=1), 4)
    assert isinstance(batch, Tuple)
    assert list(batch) == [SourceText(200)] * 4
    sample = batch.sample()
    assert sample in batch
    assert len(set(sample)) == 4


def test_iterate_gives_the_texts_not_their_characters() -> None:
    batch = batch_space(SourceText(200), 3)
    assert list(iterate(batch, ("ab", "", "cdef"))) == ["ab", "", "cdef"]


def test_concatenate_gives_a_tuple_of_texts() -> None:
    space = SourceText(50)
    empty = create_empty_array(space, n=2)
    assert empty == ("", "")
    assert concatenate(space, ["ab", "cdé"], empty) == ("ab", "cdé")


def test_spaces_of_different_bounds_are_batched() -> None:
    assert batch_differing_spaces([SourceText(1), SourceText(2)]) == Tuple(
        [SourceText(1), SourceText(2)]
    )


def test_inside_a_dict_batches_keep_the_texts() -> None:
    space = Dict({"text": SourceText(20), "turn": Discrete(3)})
    empty = create_empty_array(space, n=2)
    items = [{"text": "one", "turn": 1}, {"text": "two", "turn": 2}]
    batch = concatenate(space, items, empty)
    assert batch["text"] == ("one", "two")
    assert batch["turn"].tolist() == [1, 2]


def test_flattening_leaves_a_text_as_it_is() -> None:
    space = SourceText(20)
    assert flatten_space(space) == space
    assert unflatten(space, flatten(space, "text")) == "text"
    with pytest.raises(ValueError, match="cannot be flattened"):
        flatdim(space)


# ---------------------------------------------------------------- in vector environments


class Echo(gymnasium.Env[str, str]):
    """Answers every text with the same text; starts with its seed."""

    observation_space = SourceText(100)
    action_space = SourceText(100)

    def reset(self, *, seed=None, options=None):  # type: ignore[no-untyped-def]
        super().reset(seed=seed)
        return f"seed {seed}", {}

    def step(self, action):  # type: ignore[no-untyped-def]
        return action, 0.0, False, False, {}


def test_shared_memory_is_refused_in_a_sentence() -> None:
    """Gymnasium 1.4 takes `Text` there, and then every observation is a constant '000...'."""
    with pytest.raises(CustomSpaceError, match="vectorization_mode"):
        create_shared_memory(SourceText(10), n=2)
    with pytest.raises(CustomSpaceError, match="cannot live in shared memory"):
        create_shared_memory(Dict({"text": SourceText(10)}), n=2)


def test_asynchronous_environments_refuse_shared_memory_when_they_are_made() -> None:
    with pytest.raises(ValueError, match="shared_memory") as raised:
        AsyncVectorEnv([Echo, Echo])
    assert "ForgeGym's own vector environment" in str(raised.value.__cause__)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_gymnasiums_vector_environments_carry_texts_unchanged(kind: str) -> None:
    envs = (
        SyncVectorEnv([Echo, Echo])
        if kind == "sync"
        else AsyncVectorEnv([Echo, Echo], shared_memory=False)
    )
    try:
        observations, _ = envs.reset(seed=7)
        assert observations == ("seed 7", "seed 8")
        for texts in [("first", "zweite π\n"), ("", "{}")]:
            assert envs.step(texts)[0] == texts
    finally:
        envs.close()
