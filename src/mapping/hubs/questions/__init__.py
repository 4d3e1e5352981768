"""The questions: one module each, from labelled tables to a `HubPlan`.

Shared: `service` serves the most people first; `capacity` answers for hubs with limited room, with
`places` (who could have one where), `tariff` (the bound) and `sharing` (the search).
"""
