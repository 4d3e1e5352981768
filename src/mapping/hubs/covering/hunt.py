"""Search for the best coverage and its proof: plans, prices, kicks, branches, in that order."""

import numpy as np
from scipy import sparse

from mapping.errors import InfeasibleError
from mapping.hubs.covering import branches
from mapping.hubs.covering.ceiling import Ceiling, linear, lowered, priced, programme
from mapping.hubs.covering.cover import Cover
from mapping.hubs.covering.exchange import exchange, greedy, kicks
from mapping.hubs.covering.proof import Proof
from mapping.hubs.highs import solve
from mapping.hubs.rows import Rows, rule_rows
from mapping.hubs.rows import programme as rows_programme

# Steps on the prices where there is no linear programme to take them from.
ROUNDS = 300
# Kicks for each hub, but no more than the size of the table pays for: a small one is branched
# through before that many are done. Measured in benchmarks/hubs.py.
KICKS = 20
CELLS_A_KICK = 50
# HiGHS looks at its clock only between steps, so it gets this share of the time left.
SHARE = 0.5


def hunt(proof: Proof, *, seed: int) -> None:
    """
    Find the best plan and prove it, as far as time allows; `proof` keeps what was found.

    A KeyboardInterrupt ends the search once there is a plan, and halts the watch.

    Raises
    ------
    InfeasibleError
        If no pick meets the rules.
    """
    try:
        _hunt(proof, seed)
    except KeyboardInterrupt:
        if not np.isfinite(proof.value):
            raise
        proof.watch.halt()


def _hunt(proof: Proof, seed: int) -> None:
    cover = proof.cover
    known = _allowed(cover) if cover.rules else greedy(cover)
    proof.offer(known)
    if cover.pick in (0, cover.candidates):
        proof.prove(proof.value)
        return
    ceiling = priced(cover, cover.weights / 2)
    proof.prove(min(ceiling.bound, float(cover.weights.sum())))
    proof.offer(exchange(cover, known))
    if proof.done():
        return
    ceiling = _ceiling(proof)
    proof.prove(ceiling.bound)
    if proof.done():
        return
    if cover.rules:
        _settle(proof)
        return
    for liking in (ceiling.share, ceiling.worth):
        proof.offer(exchange(cover, np.argsort(-liking, kind="stable")[: cover.pick]))
    _kick(proof, seed)
    if not proof.done():
        branches.search(proof, ceiling)


def _ceiling(proof: Proof) -> Ceiling:
    cover = proof.cover
    found = linear(cover, seconds=SHARE * proof.watch.left, watch=proof.watch)
    if found is None:
        found = lowered(cover, cover.weights / 2, goal=proof.goal, rounds=ROUNDS)
    return found


def _kick(proof: Proof, seed: int) -> None:
    """Look for a better plan around the best one."""
    rounds = min(KICKS * proof.cover.pick, proof.cover.sites.nnz // CELLS_A_KICK)
    for picked in kicks(proof.cover, proof.picked, seed=seed, rounds=rounds):
        proof.offer(picked)
        if proof.done():
            return


def _settle(proof: Proof) -> None:
    """Let HiGHS search, where rules bind the sites together."""
    cover = proof.cover
    model, scale = programme(cover), float(cover.weights.mean())
    start = np.isin(np.arange(cover.candidates), proof.picked)
    slack = (proof.goal - proof.value) / scale
    told = proof.watch.counting(lambda missed: proof.sure - missed * scale)
    answer = solve(model, start=start, slack=slack, watch=told)
    if answer.values is not None:
        proof.offer(np.flatnonzero(answer.values))
    proof.prove(-answer.bound * scale)


def _allowed(cover: Cover) -> np.ndarray:
    """Find a plan that meets the rules, of the sites that cover most by themselves."""
    alone = cover.sites @ cover.weights
    number = Rows(sparse.csr_array(np.ones((1, cover.candidates))), *[np.array([cover.pick])] * 2)
    rows = (number, *rule_rows(cover.rules, cover.candidates))
    cost = -alone / max(1.0, float(alone.max(initial=0.0)))
    answer = solve(rows_programme(cost, *rows, whole=cover.candidates))
    if answer.values is None:
        raise InfeasibleError(
            f"no {cover.pick} of the {cover.candidates} candidate sites meet all rules together: "
            f"at most one of each of {len(cover.rules.at_most)} sets and at least one of each of "
            f"{len(cover.rules.at_least)} sets; ask for another number of hubs or drop a rule"
        )
    return np.flatnonzero(answer.values)
