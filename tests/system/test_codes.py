# SPDX-License-Identifier: Apache-2.0
"""What is no message of its own, between the shipped code and an
implementation made from the CDDL alone: both codes, and HTTP bodies."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapany as a  # noqa: E402
import oapmsg as m  # noqa: E402
from test_messages import messages, plain, spoiled_maps, tool  # noqa: E402

__all__ = ["tool"]      # fixture


def test_a_code_is_the_same_text_both_ways(tool, dice):
    for typ in (m.PASS, m.PRESENTATION):
        for message in messages(dice, typ):
            data = message.sealed()
            answer = tool(op="code", text=m.code(data))
            assert answer == {"verdict": "unknown", "scanned": data.hex(),
                              "again": m.code(data)}
            assert m.message_of(answer["again"]) == data


def test_an_enrolment_code_is_the_same_text_both_ways(tool, dice):
    for pin in (None, a.octets(dice, 32)):
        for url in ("http://127.0.0.1:8440", "u", "h" * 256):
            text = m.enrolment_code(url, a.octets(dice, 32),
                                    a.octets(dice, 16),
                                    a.number(dice, 0, a.SECONDS), pin)
            answer = tool(op="enrolcode", text=" %s\r\n" % text)
            assert answer["fields"] == plain(m.read_enrolment_code(text))
            assert answer["again"] == text


def test_each_rule_broken_once_in_an_enrolment_code_is_refused(tool, dice):
    fields = {1: "http://127.0.0.1:8440", 2: a.octets(dice, 32),
              3: a.octets(dice, 32), 4: a.octets(dice, 16), 5: 1}
    write = lambda data: "OAPE1:" + m.base45_encode(data)
    assert "fields" in tool(op="enrolcode", text=write(m.encode(fields)))
    spoiled = dict(spoiled_maps(fields))
    spoiled.update({"%d: %r" % (k, v): m.encode({**fields, k: v})
                    for k, v in ((1, ""), (1, "h" * 257), (1, "a b"),
                                 (1, "\u00e9"), (2, bytes(31)),
                                 (3, bytes(33)), (4, bytes(15)),
                                 (5, a.SECONDS + 1))})
    for name, data in spoiled.items():
        answer = tool(op="enrolcode", text=write(data))
        assert answer == {"refused": "unreadable"}, name
    for text in ("", "OAPE1:", "OAPE2:" + write(m.encode(fields))[6:],
                 write(m.encode(fields)).lower()):
        assert tool(op="enrolcode", text=text) == {"refused": "unreadable"}


def test_a_body_is_the_same_to_the_byte_both_ways(tool, dice):
    for count in (0, 1, 23, 24, 256):
        items = [(a.octets(dice, a.number(dice, 1, 300)),
                  dice.choice((b"", a.octets(dice, 16))),
                  a.octets(dice, a.number(dice, 0, 768)))
                 for _ in range(count)]
        head = a.octets(dice, 100)
        body = m.body(head, [m.item(*parts) for parts in items])
        answer = tool(op="body", body=body.hex())
        assert answer["head"] == head.hex()
        assert answer["items"] == [[p.hex() for p in parts]
                                   for parts in items]
        assert answer["again"] == body.hex()
    assert "refused" in tool(op="body", body=m.body(
        head, [m.item(b"e")] * 257).hex())
