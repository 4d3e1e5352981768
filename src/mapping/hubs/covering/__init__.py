"""Coverage: the kernel of the questions in which an area is within reach or it is not.

`cover` is the bare problem, with areas merged that the same sites reach; `exchange` finds good
plans, `ceiling` bounds what any plan can cover, `branches` proves the best, `hunt` is the order of
work and `proof` keeps the best so far.

Hand-written because England has 33,755 areas by 3,000 sites: solvers end without a bound there, and
sparse sums give one within half a per cent in seconds (benchmarks/hubs.py).
"""
