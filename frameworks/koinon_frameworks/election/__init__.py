"""Leadership among several of one framework: standing for election, and who leads as far as one knows."""

from .campaign import ELECTION, LEADER_LABEL, STATE, Steps, contend, detect
from .leadership import Leadership, decode_candidate, encode_candidate

__all__ = [
    "ELECTION",
    "LEADER_LABEL",
    "STATE",
    "Leadership",
    "Steps",
    "contend",
    "decode_candidate",
    "detect",
    "encode_candidate",
]
