"""The questions: one module each, from labelled tables to a `HubPlan`.

`service` and `places` are shared: serving the most people first, and hubs with limited room.
"""
