"""The values all of Koinon speaks in: resources, offers, tasks, the calls and events of the APIs, and their wire
forms.
"""

__version__ = "0.1.0"
MESOS_VERSION = "1.11.0"
"""The release of Mesos whose behaviour we offer; clients parse it, so it is digits and dots alone."""
