# SPDX-License-Identifier: Apache-2.0
"""What a service answered to questions, as it was heard on the line, and
whether it has said two things to one of them."""
import base64
import collections
import json
from typing import NamedTuple, Optional

import oapmsg as m

# Not judged: try again, or a key that was rolled since.
UNJUDGED = ("busy", "unavailable", "device-unknown")


class Answer(NamedTuple):
    kid: bytes
    id: bytes
    verdict: int
    discount: Optional[int] = None
    grant: Optional[bytes] = None
    repeated: bool = False      # by the network


def answer_of(repeated, body, status, text):
    """Of one that the proxy recorded; None: the question was not judged."""
    answer = json.loads(text)
    if status != 200:
        assert answer["verdict"] in UNJUDGED, (status, text)
        return None
    question = m.decode(m.decode(base64.b64decode(body))[0])
    header, _, payload, _ = question.value
    grant = answer.get("grant")
    return Answer(m.decode(header)[4], m.decode(payload)[1], answer["number"],
                  answer.get("discount"), grant and bytes.fromhex(grant),
                  repeated)


def answers_of(recorded):
    return [a for a in (answer_of(*row) for row in recorded) if a is not None]


def by_question(answers):
    groups = collections.defaultdict(list)
    for a in answers:
        groups[a.kid, a.id].append(a)
    return groups


def find_wrong(said, entry, stored):
    """About one question: its answers, its entry or None, the ledger's answer
    or None. An answer has a grant until the service knows what the kiosk told;
    from then on it is that."""
    granted = {(a.verdict, a.discount, a.grant) for a in said if a.grant}
    told = (entry.told, entry.discount) if entry else None
    if len(granted) > 1:
        return "two answers"
    if any(verdict != stored for verdict, _, _ in granted):
        return "another answer than the ledger's"
    if any((a.verdict, a.discount) != told for a in said if not a.grant):
        return "another answer than what was told"
    if entry and entry.grant and (*told, entry.grant) not in granted:
        return "told what the service never said"
    return None


def contradictions(answers, entries, stored):
    """A text each. entries: {(kid, id): books.Entry} of all journals; stored:
    {(kid, id): verdict} of the ledger's answers."""
    found, heard = [], by_question(answers)
    for question in {**heard, **entries}:
        said, entry = heard.get(question, []), entries.get(question)
        wrong = find_wrong(said, entry, stored.get(question))
        if wrong:
            found.append("%s/%s: %s: %r" % (*(b.hex() for b in question),
                                            wrong, (said, entry)))
    return found


def repetitions(answers):
    """How many questions were answered at all, more than once, and more than
    once though the network had repeated nothing."""
    said = by_question(answers).values()
    return (len(said), sum(len(s) > 1 for s in said),
            sum(sum(not a.repeated for a in s) > 1 for s in said))
