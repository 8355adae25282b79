#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the holder of a pass: a phone that has a key of its own, and shows the
pass live.

    holder.py key SEED                     the public key, for oap-issuer
                                           issue --holder-key
    holder.py show SEED CODE [--for FACILITY] [--at SECONDS]
                                           the code that the phone shows now,
                                           or at another time"""
import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import oapmsg as m  # noqa: E402


def show(seed, code, facility=None, at=None):
    payload = {6: int(time.time()) if at is None else at}
    if facility is not None:
        payload[3] = facility
    return m.code(m.presentation(m.message_of(code), payload,
                                 m.key_of(seed)))


def main():
    parser = argparse.ArgumentParser(description="Plays a holder.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("key").add_argument("seed")
    shows = commands.add_parser("show")
    shows.add_argument("seed")
    shows.add_argument("code")
    shows.add_argument("--for", dest="facility")
    shows.add_argument("--at", type=int)
    given = parser.parse_args()
    if given.command == "key":
        print(m.public(m.key_of(given.seed)).hex())
    else:
        print(show(given.seed, given.code, given.facility, given.at))


if __name__ == "__main__":
    main()
