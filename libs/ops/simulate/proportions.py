"""How often what happens in the county, in one place; docs/simulation.md tells where each figure comes from.

Shares are of 1 unless said otherwise; weights are cumulative where their name says so by its use.
"""

from __future__ import annotations

from itertools import accumulate

# -- filing. Places (R7: 14 652 cases at the halls, 161 394 at townships and villages) are weights in county.toml.
CHANNELS = ("window", "online", "mobile", "kiosk", "mail", "agent", "courier")
CHANNEL_WEIGHTS = tuple(accumulate((55, 22, 14, 4, 1, 3, 1)))
BY_PROXY = 0.35
ACCEPTED_AFTER = (60, 25, 10, 5)
REFUSED = 0.025
SUPPLEMENTED = 0.08
# of the supplements that were asked
LAPSED = 0.08
WITHDRAWN = 0.008

# -- deciding (R8: the halls count every case as decided in time; here the law is passed by 4 in 1 000)
LATE_BY_LAW, LATE_BY_PROMISE, ON_LAST_DAY = 0.004, 0.013, 0.063
DENIED = 0.02
RETURNED = 0.004
PAUSED = 0.2
EXTENDED = 0.006
# of the items that have it
INSPECTED, JOINT, HEARD, PUBLIC_NOTICE = 0.8, 0.7, 0.3, 1.0
RENEWED = 0.03
# of the parts of joint approvals: silence is consent (R6)
SILENT_PARTS, JOINT_MEETING = 0.02, 0.3
SECRECY = 0.004

# -- after the decision (R8: 99.8 % satisfied)
COLLECTED_AFTER = (30, 30, 20, 15, 5)
RATED = 0.4
GRADES = (800, 150, 48, 1.2, 0.8)
NAMED = 0.5

# -- desks, for each case filed
CONSULTATIONS = 0.15
# R17: 8 000 by phone, 6 000 in person, 7 000 on line
CONSULTATION_CHANNELS = ("phone", "window", "online")
CONSULTATION_WEIGHTS = tuple(accumulate((8, 6, 7)))
COMPLAINTS = 0.02
# R21: 1 823 by phone, 494 on line
COMPLAINT_CHANNELS = ("hotline", "portal", "mailbox")
COMPLAINT_WEIGHTS = tuple(accumulate((1823, 330, 164)))
# R21: 33 of 63 five stars, 24 four; all answered in time; 106 meetings on 2 963 appeals
STARS = (5, 4, 3)
STAR_WEIGHTS = tuple(accumulate((33, 24, 6)))
MET = 106 / 2963
RETURNED_TICKETS = 0.03

# -- penalties, for each case filed
PENALTIES = 1 / 40
FULFILLED, REVOKED, CHANGED = 0.8, 0.015, 0.015

# -- feeds: of the events; sent again with a word mended: of steps and supplement notices
LATE, DOUBLED = 0.003, 0.004
RESENT = 0.01
