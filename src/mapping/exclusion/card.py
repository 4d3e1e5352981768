"""The validation card: how a model did on areas it had not seen, in tables and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

BASELINES = ("age only", "IoD rank", "DERI")

# Assumptions, on what is worth a sentence. A lead in rank agreement below this changes no plan.
NO_LEAD = 0.02
# Coverage may be this far below or above what was promised, beyond chance, before it is a fault.
SHORT, OVER = 0.06, 0.05
# Shares may be this far out on average.
POINT = 0.01
# Agreement this far under the mean of the groups is named.
WEAKER = 0.1
# Neighbours that err alike beyond this weigh on sums of areas.
ALIKE = 0.1
NAMED = 4  # names in one sentence, at most
CHANCE = 2.0  # standard errors
DEVIATIONS = 1.25  # standard deviations in a mean absolute difference, of a normal: √(π ÷ 2)


@dataclass(frozen=True, eq=False)
class ValidationCard:
    """
    How a model did on areas it had not seen; see `validate`.

    Parameters
    ----------
    outcome
        What was observed.
    made
        The day the card was made.
    grouping
        What was left out, such as "region".
    level
        Coverage that the intervals promise.
    areas
        How many were predicted from other groups.
    agreement
        Spearman's correlation of predicted and observed shares.
    attainable
        Between which bounds agreement would lie (90 %) if the model were right: sampling and what
        it says it cannot know keep it below 1.
    coverage
        Share of areas inside their interval.
    groups
        By group: `areas`, `agreement` (NaN below ten areas), `coverage`, `below` and `above`
        (shares of areas outside their interval), `gap` and `error` (mean and mean absolute
        difference, observed less predicted share), `moran` and `moran_p` of the residuals (NaN if
        not looked at).
    baselines
        By baseline: `areas` where it is known, its `agreement`, the `model`'s on the same areas,
        and `low` and `high`, bounds of the model's lead (90 %, areas resampled within groups). NaN
        and 0 areas where it was not given.
    calibration
        By band of predicted share, 1 = lowest: `areas`, means `predicted` and `observed`, and `low`
        and `high`, between which the middle 80 % of the observed shares lie.
    kinds
        By kind of area: as `groups` without agreement and neighbours.
    """

    outcome: str
    made: date
    grouping: str
    level: float
    areas: int
    agreement: float
    attainable: tuple[float, float]
    coverage: float
    groups: pd.DataFrame
    baselines: pd.DataFrame
    calibration: pd.DataFrame
    kinds: pd.DataFrame

    @property
    def as_good(self) -> tuple[str, ...]:
        """Baselines that order areas as well as the model, as far as these areas can tell."""
        return tuple(self.baselines.index[self.baselines["low"] < NO_LEAD])

    @property
    def not_compared(self) -> tuple[str, ...]:
        """Baselines that were not given."""
        return tuple(self.baselines.index[self.baselines["areas"] == 0])

    @property
    def sentences(self) -> tuple[str, ...]:
        """The card in words: agreement, baselines, calibration, intervals, neighbours, failures."""
        told = (
            self._agreement(),
            *self._against_baselines(),
            self._calibrated(),
            self._covered(),
            *self._neighbours(),
            *self.failures,
            f"Checked on {self.made.day} {self.made:%B %Y} on {self.areas:,} areas, each predicted "
            f"from other {plural(self.grouping)} only.",
        )
        return tuple(sentence for sentence in told if sentence)

    @property
    def failures(self) -> tuple[str, ...]:
        """Where the model does not do as promised, in words; empty where it does everywhere."""
        both = pd.concat([self.groups.drop(columns=["agreement", "moran", "moran_p"]), self.kinds])
        weak = self.groups["agreement"].dropna()
        told = (
            *self._wrong_widths(both),
            *_off_average(both),
            _named(
                "The order of areas is least certain in {}.",
                weak[weak < self.agreement - WEAKER],
                unit="agreement",
            ),
        )
        return tuple(sentence for sentence in told if sentence)

    def _wrong_widths(self, both: pd.DataFrame) -> tuple[str | None, ...]:
        """Return where intervals hold fewer areas than promised, or more, beyond chance."""
        chance = CHANCE * np.sqrt(self.level * (1 - self.level) / both["areas"])
        covered = both["coverage"]
        return (
            _named(
                "Intervals are too narrow in {}.", covered[covered < self.level - SHORT - chance]
            ),
            _named(
                "Intervals are wider than they need be in {}.",
                covered[covered > self.level + OVER + chance],
                lowest_first=False,
            ),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold: frames by column, NaN as None."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["made"] = self.made.isoformat()
        plain["attainable"] = list(self.attainable)
        return {name: _plain(value) for name, value in plain.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ValidationCard":
        """Return the card that `as_dict` was made of."""
        held = {
            name: _frame(value) if isinstance(value, Mapping) else _number(value)
            for name, value in values.items()
        }
        held["made"] = date.fromisoformat(values["made"])
        held["attainable"] = tuple(map(_number, values["attainable"]))
        return cls(**held)

    def _agreement(self) -> str:
        found = self.groups["agreement"].dropna()
        spread = ""
        if len(found) > 1:
            low, high = found.idxmin(), found.idxmax()
            spread = f", from {found[low]:.2f} ({low}) to {found[high]:.2f} ({high})"
        return (
            f"{plural(self.grouping).capitalize()} were hidden from the model in turn. Its order "
            f"of the areas there matched that of {self.outcome} at {self.agreement:.2f}{spread}, "
            f"where 1 is the same order and 0 is chance. {self._attained()}"
        )

    def _attained(self) -> str:
        low, high = self.attainable
        bounds = f"{low:.2f} to {high:.2f}"
        if self.agreement >= low:
            return (
                f"That is as much as can be expected of a model that is right ({bounds}), because "
                "areas also differ by chance."
            )
        return (
            f"Were it right in all it says, {bounds} could be expected: it misses something that "
            "orders these areas."
        )

    def _against_baselines(self) -> list[str]:
        said = []
        known = self.baselines[self.baselines["areas"] > 0]
        beaten = known.drop(index=list(self.as_good))
        if len(beaten):
            rows = beaten.sort_values("agreement", ascending=False)["agreement"].items()
            listed = _listed([f"{name} ({value:.2f})" for name, value in rows])
            said.append(f"It does so better than {listed}.")
        level = known.loc[list(self.as_good)]
        close = level["agreement"] >= level["model"] - NO_LEAD
        said += [
            f"The simple baseline is as good: {name} reaches {row['agreement']:.2f} where the "
            f"model reaches {row['model']:.2f}, so for the order of areas alone it would serve."
            for name, row in level[close].iterrows()
        ]
        rest = level[~close].sort_values("agreement", ascending=False)
        untold = (rest["low"] <= 0) & (rest["high"] >= 0)
        for rows, sentence in (
            (rest[~untold], "On {} areas it seems to do so better than {}, if only a little."),
            (rest[untold], "On {} areas its order cannot be told from that by {}."),
        ):
            if len(rows):
                named = [f"{name} ({value:.2f})" for name, value in rows["agreement"].items()]
                said.append(sentence.format(f"{self.areas:,}", _listed(named)))
        if self.not_compared:
            said.append(f"Not compared, as no figures were given: {_listed(self.not_compared)}.")
        return said

    def _calibrated(self) -> str:
        first, last = self.calibration.iloc[0], self.calibration.iloc[-1]
        return (
            f"Where it expects most, {_percent(last['predicted'])} on average, "
            f"{_percent(last['observed'])} was observed; where it expects least, "
            f"{_percent(first['predicted'])}, {_percent(first['observed'])} was."
        )

    def _covered(self) -> str:
        found = self.groups["coverage"]
        low, high = found.idxmin(), found.idxmax()
        return (
            f"Its {self.level:.0%} intervals hold {_percent(self.coverage)} of the areas: from "
            f"{_percent(found[low])} ({low}) to {_percent(found[high])} ({high})."
        )

    def _neighbours(self) -> list[str]:
        known = self.groups.dropna(subset=["moran"])
        if known.empty:
            return ["Whether neighbouring areas err alike was not looked at."]
        moran = float(np.average(known["moran"], weights=known["areas"]))
        sure = int((known["moran_p"] < 0.05).sum())
        found = (
            f"(Moran's I of the residuals {moran:.2f} on average; beyond chance in {sure} of "
            f"{len(known)} {plural(self.grouping)})"
        )
        if moran < ALIKE or not sure:
            return [f"Neighbouring areas hardly err alike {found}."]
        return [
            f"Neighbouring areas err alike {found}, so totals of a few neighbouring areas are less "
            "sure than independent areas would make them."
        ]


def plural(noun: str) -> str:
    """Return the plural of a grouping: "regions", "local authorities", "groups of wards"."""
    first, of, rest = noun.partition(" of ")
    return (f"{first[:-1]}ies" if first.endswith("y") else f"{first}s") + of + rest


def _off_average(both: pd.DataFrame) -> tuple[str | None, ...]:
    """Return where more, or less, was observed than predicted, on average and beyond chance."""
    spread = CHANCE * DEVIATIONS * both["error"] / np.sqrt(both["areas"])
    gap = both["gap"]
    return tuple(
        _named(
            word + " was observed than predicted, on average, in {}.",
            over[over > POINT + spread],
            lowest_first=False,
            unit="points",
        )
        for word, over in (("More", gap), ("Less", -gap))
    )


def _listed(names: Any) -> str:
    *most, last = map(str, names)
    return f"{', '.join(most)} and {last}" if most else last


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _named(
    sentence: str, values: pd.Series, *, lowest_first: bool = True, unit: str = "%"
) -> str | None:
    """Return the sentence with the names of what it holds for, the clearest first."""
    if values.empty:
        return None
    words = {
        "%": _percent,
        "points": lambda value: f"{100 * value:.1f} points",
        "agreement": lambda value: f"agreement {value:.2f}",
    }[unit]
    ordered = values.sort_values(ascending=lowest_first, kind="stable")
    named = [f"{name} ({words(value)})" for name, value in ordered.head(NAMED).items()]
    more = len(ordered) - len(named)
    return sentence.format(_listed([*named, f"{more} more"] if more else named))


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        table = value.astype(object).where(value.notna(), None)
        names = [str(name) for name in table.index]
        return {"index": value.index.name, "rows": names, "columns": table.to_dict("list")}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def _frame(value: Mapping[str, Any]) -> pd.DataFrame:
    rows = [int(name) if name.isdigit() else name for name in value["rows"]]
    index = pd.Index(rows, name=value["index"])
    return pd.DataFrame(dict(value["columns"]), index).astype(float)


def _number(value: Any) -> Any:
    return np.nan if value is None else value
