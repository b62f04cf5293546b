"""The event stream: recent events, kept for those who come back, and the subscribers (marathon-v2-api 11).

What is said, and when, is `stream_events` and the rules that publish; sockets are `http/events.py`.
"""

from .hub import EventHub, Outlet, Subscriber
from .ring import EventId, EventRing, RingLimit, parse_event_id
from .subscription import Subscription, make_subscription

__all__ = [
    "EventHub",
    "EventId",
    "EventRing",
    "Outlet",
    "RingLimit",
    "Subscriber",
    "Subscription",
    "make_subscription",
    "parse_event_id",
]
