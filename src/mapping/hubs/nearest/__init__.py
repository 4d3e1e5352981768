"""Sums of what the nearest hub costs: the kernel of every question of distance.

`choice` is the bare problem, `search` the order of work: a good plan (`interchange`), a bound on
any plan (`relaxation`), what is left once sites and journeys are ruled out (`remainder`,
`journeys`), and a proof by branches (`tree`) or, of the last few hundred journeys, by HiGHS
(`residue`). `record` keeps the best so far, `selection` and `repair` mind the side conditions.

Hand-written because the textbook model has areas times sites variables: solvers take minutes and
gigabytes for a city of 1,600 output areas, and price-setting takes seconds (benchmarks/hubs.py).
"""
