"""The thresholds of detection in words, and in the order in which people look for them."""

from __future__ import annotations

FIRST = {
    "min_monthly_cost": "Tell nothing that projects to less than",
    "floor_hand_passing": "By hand, machines and jobs: excess from",
    "floor_hand_standing": "By hand, databases and clusters: excess from",
    "floor_machine_passing": "By roles, machines and jobs: excess from",
    "floor_machine_standing": "By roles, databases and clusters: excess from",
    "ratio": "And at least so many times the usual peak",
}
"""What people change most; all others wait behind one more click."""

MORE = {
    "Other floors": {
        "floor_resized": "Machines that are changed, not made: excess from",
        "floor_account": "All that an account started: excess from",
        "floor_settled": "Roles known for long, machines and jobs: excess from",
        "settled_ratio": "… or so many times their usual peak, if lower",
        "settled_days": "Somebody's habits are known after",
        "floor_least": "Whatever speaks for it, no floor is below",
        "role_factor": "A whole role's sum: floors times",
        "commitment_floor": "Commitments from",
        "assumed_daily": "A start of unknown price counts for",
    },
    "What lowers a floor": {
        "factor_stranger_hand": "A person whom no account has seen",
        "factor_stranger_role": "A role that no account has seen",
        "factor_stranger_standing": "… and of what stays, by a role",
        "factor_region": "A region that the account has not spent in",
        "factor_kind": "A type or family that is new here",
        "factor_scale": "What stays, by hand, new or out of scale",
        "scale_ratio": "Out of scale: times what anybody ever had",
        "factor_prelude": "After a quota raise, a new key or region",
        "factor_flood": "A flood",
        "factor_loop": "A flood of what usually stays: a retry loop",
        "factor_runaway": "A flood of a group known for long",
        "runaway_rounds": "… in so many rounds",
        "factor_bulk": "A flood of snapshots where the account works",
    },
    "Floods": {
        "made_hours": "Starts are counted over",
        "flood": "A flood: starts from",
        "flood_loop": "A flood of what stays: starts from",
        "flood_ratio": "… and times the usual number",
        "flood_dollars": "… and times the usual dollars",
        "flood_huge": "A flood for known roles and new groups too: from",
    },
    "Drips and loops": {
        "round_seconds": "Starts are one round within",
        "drip_rounds": "A drip: rounds from",
        "floor_drip": "A drip: excess from",
        "loop_rounds": "A loop of what stays: rounds from",
        "floor_loop": "A loop: excess from",
    },
    "Patience": {
        "floor_urgent": "Told at once: excess from",
        "patience_hours": "Less is told if it runs after",
        "patience_stranger_hours": "… and if nobody has seen who started it, after",
        "floor_stranger": "… if it is a role, with an excess from",
        "factor_stranger_lasting": "… and such a role's floors after the longer time, times",
        "lasting_hours": "A role's starts last long after",
        "factor_lasting": "… and have floors times",
        "floor_lasting": "… or excess from, where it is known how they last",
    },
    "Refusals": {"refused_calls": "A warning: costly calls refused in a day, from"},
    "Left on": {
        "left_on_hours": "May be forgotten after",
        "left_on_own_ratio": "… if its maker's usually live so many times shorter",
        "left_on_ratio": "… and others' so many times",
        "left_on_floor": "… and it costs from",
        "left_on_small_hours": "What costs less may be forgotten after",
        "left_on_small_floor": "… if it costs from",
        "left_on_watch_hours": "Meant to stay after",
    },
    "Time": {
        "window_hours": "No news any more after",
        "group_hours": "An anomaly takes in what follows within",
        "replacement_hours": "A new set replaces the old one within",
        "prelude_hours": "A quota raise or new key is remembered for",
        "newness_days": "What is first seen stays new for",
        "memory_days": "What is not seen is new again after",
        "maturing_days": "A peak counts after whole days",
        "half_life_days": "A usual peak fades to half in",
        "learning_days": "An organisation has habits after",
        "learning_floor": "… and until then: excess from",
        "joining_days": "An account that joins is judged after",
    },
    "The price of a single call": {
        "deviation_floor": "Least deviation",
        "relative_deviation_floor": "The same, relative to the mean",
    },
}
"""The rest, by subject."""
