"""Kinds of tasks that teach come more often, and a resumed run draws the same ones."""

from collections import Counter

import gymnasium
import pytest

from forgegym.agents.curriculum import EXPLORED, Curriculum

EASY, RIGHT, HARD = ("easy", 1), ("right", 2), ("hard", 5)
KINDS = [EASY, RIGHT, HARD]


def drawn(curriculum, count=4000, seed=0):
    chosen = curriculum.choose(count, seed=seed)
    return Counter(
        (options["family"], options["difficulty"]) if options else None for options in chosen
    )


def test_before_anything_is_known_the_environment_draws():
    assert drawn(Curriculum(), 10) == {None: 10}


def test_what_all_solve_or_none_is_drawn_by_the_environment_only():
    curriculum = Curriculum()
    curriculum.learn(KINDS, [[1, 1, 1], [0, 1, 1], [0, 0, 0]])
    counts = drawn(curriculum)
    assert counts[EASY] == counts[HARD] == 0
    assert counts[None] / 4000 == pytest.approx(EXPLORED, abs=0.03)


def test_a_kind_that_has_become_easy_is_left_behind():
    curriculum = Curriculum()
    curriculum.learn(KINDS, [[0, 1], [0, 0], [0, 0]])
    for _ in range(12):
        curriculum.learn([EASY, RIGHT], [[1, 1], [0, 1]])
    counts = drawn(curriculum)
    assert counts[RIGHT] > 20 * counts[EASY]


def test_groups_with_fewer_than_two_judged_samples_say_nothing():
    curriculum = Curriculum()
    curriculum.learn([EASY, HARD], [[1.0], []])
    assert curriculum.spreads == {}


def test_its_state_is_numbers_that_bring_it_back():
    curriculum, other = Curriculum(), Curriculum()
    curriculum.learn([("a family", 3), RIGHT], [[0, 1], [0.2, 0.4]])
    other.load_state({"best": 1.0, **curriculum.state()})
    assert other.spreads == curriculum.spreads
    assert other.choose(50, seed=9) == curriculum.choose(50, seed=9)


def test_each_episode_of_a_vector_may_have_options_of_its_own():
    env = gymnasium.make_vec("forgegym:CompactContract-v0", num_envs=3, toolchain="frontend")
    try:
        _, about = env.reset(seed=[1, 2, 3])
        families = list(about["family"])
        wanted = [{"family": families[0], "difficulty": 4}, {}, {"difficulty": 1}]
        _, info = env.reset(seed=[7, 2, 3], options={"each": wanted})
        assert (info["family"][0], info["difficulty"][0]) == (families[0], 4)
        assert info["task_id"][1] == about["task_id"][1]
        assert info["difficulty"][2] == 1
        with pytest.raises(ValueError, match="each"):
            env.reset(seed=0, options={"each": [{}]})
    finally:
        env.close()


@pytest.mark.learning
def test_a_run_with_a_curriculum_resumes_exactly(tmp_path, small_base):
    from training import quiet

    from forgegym.agents.grpo import GRPOConfig, train_grpo
    from forgegym.agents.tracking import is_timing

    def config(out, **more):
        return GRPOConfig(
            out=out, base=str(small_base), reward="staged", samples=16, group_size=4,
            iterations=4, max_new_tokens=48, curriculum=True, warmup=0, decay_from=1.0, **more
        )  # fmt: skip

    def curve(rows):
        return [{k: v for k, v in row.items() if not is_timing(k)} for row in rows]

    whole = train_grpo(config(tmp_path / "whole"), console=quiet())
    assert {1.0, 5.0} != {row["difficulty"] for row in whole.rows}

    import forgegym.agents.run as run

    # Stopped after two iterations, as by Ctrl-C.
    saved, count = run.save_state, 0

    def stop(*arguments):
        nonlocal count
        saved(*arguments)
        count += 1
        if count == 2:
            raise KeyboardInterrupt

    run.save_state = stop
    try:
        with pytest.raises(KeyboardInterrupt):
            train_grpo(config(tmp_path / "cut"), console=quiet())
    finally:
        run.save_state = saved
    rest = train_grpo(config(tmp_path / "cut", resume=True), console=quiet())
    assert curve(rest.rows) == curve(whole.rows)
