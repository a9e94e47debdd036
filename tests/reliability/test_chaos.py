"""Nothing lost, nothing leaked: random calls with random faults in between, then quiet.

After each round each router's table equals the registry's live claims and those of a plain model,
with their actions: the first already while the other misbehaves. No rule with a short life outlived
it by more than two seconds while the adapter lived; none that was overdue when ExaBGP was started
was announced again; and nothing came that nobody had asked for, or that the adapter had to refuse.
The steps of a round are made from its seed alone:

    FLOWSPEC_CHAOS_SEED=7 FLOWSPEC_CHAOS_ROUNDS=1 .venv/bin/pytest -s tests/reliability

FLOWSPEC_CHAOS_ROUNDS sets how many rounds are made, from that seed upwards.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.exabgp import VERSIONS, missing

from .chaos import Round
from .faults import FAULTS

ROUNDS = int(os.environ.get("FLOWSPEC_CHAOS_ROUNDS", "4"))
FIRST_SEED = int(os.environ.get("FLOWSPEC_CHAOS_SEED", "1000"))
STEPS = 18
CALLS = (
    *(2 * [Round.announce]),  # more than is withdrawn
    Round.withdraw,
    Round.announce_for_short,
    Round.announce_forbidden,
)


@pytest.fixture(scope="module")
def total() -> Iterator[Counter[str]]:
    """Of all rounds that passed; printed after the last."""
    done: Counter[str] = Counter()
    yield done
    print(f"\n{done.pop('rounds', 0)} rounds passed: {dict(sorted(done.items()))}")


def step(this: Round) -> None:
    if this.random.random() < 0.5:
        call = this.random.choice(CALLS)
        this.done[call.__name__] += 1
        call(this)
        return
    faults = this.random.choice(FAULTS)
    fault = this.random.choice([each for each, most in faults.items() if this.had[each] < most])
    this.had[fault] += 1
    this.done[fault(this) or fault.__name__] += 1


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + ROUNDS))
def test_after_any_faults_each_router_holds_what_is_claimed(
    seed: int, tmp_path: Path, total: Counter[str]
) -> None:
    version = VERSIONS[seed % len(VERSIONS)]
    if reason := missing(version):
        pytest.skip(reason)
    this = Round(seed, version, tmp_path)
    with this.router, this.other, this.exabgp, contextlib.closing(this):
        assert this.router.wait_established()
        try:
            for _ in range(STEPS):
                step(this)
            this.check()
            total.update(this.done, rounds=1)
        finally:
            print(f"seed {seed}, ExaBGP {version}: {dict(this.done)}")
