"""Tasks on offers: what an offer has for a task, which place may hold it, and every reason why not.

``place`` is for several tasks on several offers, ``match_tasks`` for one offer; Marathon stands on ``fit`` as they do.
"""

from .constraints import Constraint, Operator, check
from .first_fit import Match, Unmatched, match_tasks
from .fitting import Circumstances, Fitting, Needs, Room, find_role_refusal, fit, is_volume, placement_of
from .host_ports import HostPort, PortPool, PortShortage, choose_host_ports, port_pools, port_resources
from .placement import Placement
from .placing import PlacingRules, place
from .plan import FilledOffer, PlacedTask, PlacementPlan, Unplaced
from .refusals import FUNNEL, Refusal, RefusalReason, in_funnel_order
from .strategies import BestFit, FirstFit, Spread, Strategy
from .taking import PORTS, take, take_ports, take_scalars
from .tally import Tally
from .wanted import WantedTask

__all__ = [
    "FUNNEL",
    "PORTS",
    "BestFit",
    "Circumstances",
    "Constraint",
    "FilledOffer",
    "FirstFit",
    "Fitting",
    "HostPort",
    "Match",
    "Needs",
    "Operator",
    "PlacedTask",
    "Placement",
    "PlacementPlan",
    "PlacingRules",
    "PortPool",
    "PortShortage",
    "Refusal",
    "RefusalReason",
    "Room",
    "Spread",
    "Strategy",
    "Tally",
    "Unmatched",
    "Unplaced",
    "WantedTask",
    "check",
    "choose_host_ports",
    "find_role_refusal",
    "fit",
    "in_funnel_order",
    "is_volume",
    "match_tasks",
    "place",
    "placement_of",
    "port_pools",
    "port_resources",
    "take",
    "take_ports",
    "take_scalars",
]
