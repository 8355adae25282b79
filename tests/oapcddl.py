# SPDX-License-Identifier: Apache-2.0
"""common/messages.cddl itself, read by the grammar of RFC 8610: whether a value
is what a rule says, and the values at and just past the ends of what it allows.

Of the grammar there is what the file uses: no sockets, unwrapping,
enumerations of groups or floating point. What is read is made of tuples:
("choice", types), ("range", low, high), ("literal", value), ("control", name,
type, type), ("name", id, arguments), ("map" | "array", group), ("tag", number,
type). A group is a list of choices, each a list of entries (least, most, key,
type), or (least, most, None, ("group", group)).
"""
import copy
import itertools
import pathlib
import re

import oapmsg as m

PATH = pathlib.Path(__file__).resolve().parent.parent / "common/messages.cddl"
MANY = 2 ** 64
U64 = MANY - 1

# RFC 8610 appendix D: names that a file must not define again.
PRELUDE = set("""
any uint nint int bstr bytes tstr text tdate time number biguint bignint bigint
integer unsigned decfrac bigfloat eb64url eb64legacy eb16 encoded-cbor uri
b64url b64legacy regexp mime-message cbor-any float16 float32 float64
float16-32 float32-64 float false true bool nil null undefined
""".split())

TOKEN = re.compile(r"""
    (?P<space>\s+|;[^\n]*(?:\n|$))
  | (?P<bytes>h'(?P<hex>[0-9a-fA-F]*)')
  | (?P<text>"(?P<chars>[^"\\]*)")
  | (?P<tag>\#6\.\d+)
  | (?P<number>-?(?:0|[1-9]\d*)(?![A-Za-z_]))
  | (?P<id>[A-Za-z@_$](?:[-.]*[A-Za-z0-9@_$])*)
  | (?P<control>\.[A-Za-z]+)
  | (?P<sign>=>|//|\.\.\.?|[=<>(){}\[\]/,:?*+])
""", re.X)


class Grammar:
    """Recursive descent, a method a production of RFC 8610 appendix B."""

    def __init__(self, text):
        self.tokens, self.at, self.rules = [], 0, {}
        end = 0
        while end < len(text):
            found = TOKEN.match(text, end)
            if not found:
                raise SyntaxError("line %d: %r" % (
                    text.count("\n", 0, end) + 1, text[end:end + 20]))
            if found.lastgroup != "space":
                kind = next(k for k in ("bytes", "text", "tag", "number",
                                        "id", "control", "sign")
                            if found.group(k) is not None)
                self.tokens.append((kind, found, end))
            end = found.end()
        self.text = text
        while self.at < len(self.tokens):
            self.rule()

    def fail(self, wanted):
        kind, found, at = self.tokens[min(self.at, len(self.tokens) - 1)]
        raise SyntaxError("line %d: %s wanted, not %r" % (
            self.text.count("\n", 0, at) + 1, wanted, found.group()))

    def peek(self, ahead=0):
        if self.at + ahead >= len(self.tokens):
            return None, None
        kind, found, _ = self.tokens[self.at + ahead]
        return kind, found.group()

    def take(self, kind, text=None):
        """The next token if it is that one, else None."""
        got = self.peek()
        if got[0] != kind or text not in (None, got[1]):
            return None
        self.at += 1
        return got[1]

    def need(self, kind, text=None):
        got = self.take(kind, text)
        if got is None:
            self.fail(text or kind)
        return got

    def rule(self):
        name, parameters = self.need("id"), []
        if self.take("sign", "<"):
            parameters.append(self.need("id"))
            while self.take("sign", ","):
                parameters.append(self.need("id"))
            self.need("sign", ">")
        self.need("sign", "=")
        if name in self.rules or name in PRELUDE:
            raise SyntaxError("%s: defined twice, or in the prelude" % name)
        self.rules[name] = (parameters, self.type())

    def type(self):
        types = [self.type1()]
        while self.take("sign", "/"):
            types.append(self.type1())
        return types[0] if len(types) == 1 else ("choice", types)

    def type1(self):
        left = self.type2()
        if self.peek()[1] in ("..", "..."):
            exclusive = self.need("sign") == "..."
            return ("range", left[1], self.type2()[1] - exclusive)
        control = self.take("control")
        return ("control", control, left, self.type2()) if control else left

    def type2(self):
        kind, text = self.peek()
        self.at += 1
        found = self.tokens[self.at - 1][1] if text is not None else None
        if kind == "number":
            return ("literal", int(text))
        if kind == "text":
            return ("literal", found.group("chars"))
        if kind == "bytes":
            return ("literal", bytes.fromhex(found.group("hex")))
        if kind == "id":
            return ("name", text, self.arguments())
        if kind == "tag":
            self.need("sign", "(")
            inner = self.type()
            self.need("sign", ")")
            return ("tag", int(text[3:]), inner)
        if text == "(":
            inner = self.type()
            self.need("sign", ")")
            return inner
        if text in ("{", "["):
            group = self.group()
            self.need("sign", {"{": "}", "[": "]"}[text])
            return ({"{": "map", "[": "array"}[text], group)
        self.at -= 1
        return self.fail("a type")

    def arguments(self):
        """genericarg: a choice is no type1, and wants parentheses."""
        if not self.take("sign", "<"):
            return []
        arguments = [self.type1()]
        while self.take("sign", ","):
            arguments.append(self.type1())
        self.need("sign", ">")
        return arguments

    def group(self):
        choices = [[]]
        while self.peek()[1] not in ("}", "]", ")", None):
            if self.take("sign", "//"):
                choices.append([])
                continue
            choices[-1].append(self.entry())
            self.take("sign", ",")
        return choices

    def occurrence(self):
        if self.take("sign", "?"):
            return 0, 1
        if self.take("sign", "+"):
            return 1, MANY
        if self.peek(1)[1] == "*" and self.peek()[0] == "number":
            least = int(self.need("number"))
        elif self.peek()[1] == "*":
            least = 0
        else:
            return 1, 1
        self.need("sign", "*")
        # A number that a key or a range begins with is no upper bound.
        most = self.peek()[0] == "number" and self.peek(1)[1] not in (
            "=>", ":", "..", "...")
        return least, int(self.need("number")) if most else MANY

    def entry(self):
        least, most = self.occurrence()
        if self.take("sign", "("):
            group = self.group()
            self.need("sign", ")")
            return least, most, None, ("group", group)
        if self.peek(1)[1] == ":":
            key = ("literal", self.need("id"))
            self.need("sign", ":")
            return least, most, key, self.type()
        begin = self.at
        key = self.type1()
        if self.take("sign", "=>"):
            return least, most, key, self.type()
        self.at = begin
        return least, most, None, self.type()


class Messages:
    def __init__(self, text=None):
        self.rules = Grammar(text or PATH.read_text()).rules
        for name, (parameters, type_) in self.rules.items():
            unknown = set(names_in(type_)) - set(self.rules) - PRELUDE
            unknown -= set(parameters)
            if unknown:
                raise SyntaxError("%s: no rule for %s" % (name, unknown))

    def named(self, name, arguments=(), bound=None):
        """The type of a name, its parameters replaced."""
        if bound and name in bound:
            return bound[name], {}
        parameters, type_ = self.rules[name]
        given = [self.close(a, bound) for a in arguments]
        return type_, dict(zip(parameters, given))

    def close(self, type_, bound):
        if type_[0] == "name" and bound and type_[1] in bound:
            return bound[type_[1]]
        return type_

    def flat(self, group):
        """A group's choices without groups inside."""
        for choice in group:
            parts = [[[entry]] if entry[3][0] != "group"
                     else list(self.flat(entry[3][1])) for entry in choice]
            for picked in itertools.product(*parts):
                yield [entry for part in picked for entry in part]

    def has(self, type_, value, bound=None):
        """Whether the value is one of the type."""
        kind = type_[0]
        if kind == "choice":
            return any(self.has(t, value, bound) for t in type_[1])
        if kind == "literal":
            return type(value) is type(type_[1]) and value == type_[1]
        if kind == "range":
            return type(value) is int and type_[1] <= value <= type_[2]
        if kind == "control":
            return self.controlled(type_, value, bound)
        if kind == "tag":
            return getattr(value, "tag", None) == type_[1] and \
                self.has(type_[2], value.value, bound)
        if kind == "array":
            return type(value) in (list, tuple) and any(
                self.places(choice, value, bound) is not None
                for choice in self.flat(type_[1]))
        if kind == "map":
            return type(value) is dict and any(
                self.pairs(choice, value, bound) is not None
                for choice in self.flat(type_[1]))
        if type_[1] in BASIC:
            return BASIC[type_[1]](value)
        return self.has(*self.step(type_, value, bound))

    def step(self, type_, value, bound):
        inner, its = self.named(type_[1], type_[2], bound)
        return inner, value, its

    def controlled(self, type_, value, bound):
        _, control, base, argument = type_
        if not self.has(base, value, bound):
            return False
        if control == ".size":
            low, high = size_of(argument)
            return low <= len(as_bytes(value)) <= high
        if control == ".regexp":
            return re.fullmatch(argument[1], value) is not None
        try:
            return self.has(argument, m.decode(value), bound)
        except (ValueError, EOFError):
            return False

    def places(self, entries, values, bound):
        """The entry of each item, or None: each takes as many as it may."""
        found, rest = [], list(values)
        for entry in entries:
            count = 0
            while rest and count < entry[1] and \
                    self.has(entry[3], rest[0], bound):
                found.append(entry)
                rest.pop(0)
                count += 1
            if count < entry[0]:
                return None
        return None if rest else found

    def pairs(self, entries, mapping, bound):
        """The entry of each key, or None."""
        found, counts = {}, [0] * len(entries)
        for key, value in mapping.items():
            for i, entry in enumerate(entries):
                if self.has(entry[2], key, bound) and \
                        self.has(entry[3], value, bound):
                    found[key] = entry
                    counts[i] += 1
                    break
            else:
                return None
        fits = all(e[0] <= n <= e[1] for e, n in zip(entries, counts))
        return found if fits else None

    # ------------------------------------------------------------ ends
    def ends(self, type_, value, bound=None, path=()):
        """(path, another value there): each end of what each part of a value
        may be, and what is just past it; whether that is one of the type
        still, has() says. What is encoded in a byte string is a message of
        its own."""
        kind = type_[0]
        if kind == "name" and type_[1] not in BASIC:
            inner, value, bound = self.step(type_, value, bound)
            yield from self.ends(inner, value, bound, path)
        elif kind in ("map", "array"):
            yield from self.inner_ends(type_, value, bound, path)
        elif kind == "choice" and type(value) in (list, dict):
            for choice in type_[1]:
                if self.has(choice, value, bound):
                    yield from self.ends(choice, value, bound, path)
        else:
            for candidate in self.candidates(type_):
                if candidate != value or type(candidate) is not type(value):
                    yield path, candidate

    def inner_ends(self, type_, value, bound, path):
        for choice in self.flat(type_[1]):
            if type_[0] == "map":
                found = self.pairs(choice, value, bound)
                found = found and found.items()
            else:
                found = self.places(choice, value, bound)
                found = found and enumerate(found)
            for key, entry in found or ():
                yield from self.ends(entry[3], value[key], bound,
                                     path + (key,))

    def candidates(self, type_):
        kind = type_[0]
        if kind == "choice":
            for choice in type_[1]:
                yield from self.candidates(choice)
        elif kind == "literal" and type(type_[1]) is int:
            yield from (type_[1] - 1, type_[1], type_[1] + 1)
        elif kind == "range":
            yield from (type_[1] - 1, type_[1], type_[2], type_[2] + 1)
        elif kind == "control" and type_[1] == ".size":
            low, high = size_of(type_[3])
            filler = b"x" if type_[2][1] == "bstr" else "x"
            yield from (filler * n for n in sorted({
                low - 1, low, high, high + 1}) if n >= 0)
        elif kind == "control" and type_[1] == ".regexp":
            yield from WORDS
        elif kind == "name" and type_[1] in CANDIDATES:
            yield from CANDIDATES[type_[1]]
        elif kind == "name":
            yield from self.candidates(self.named(type_[1], type_[2])[0])

    def most(self, rule, key):
        """How many items the list under a key of a rule's map may have."""
        for entry in self.rules[rule][1][1][0]:
            if entry[2] in (("literal", key), ("literal", str(key))):
                return entry[3][1][0][0][1]
        raise KeyError(key)


BASIC = {
    "uint": lambda v: type(v) is int and 0 <= v <= U64,
    "int": lambda v: type(v) is int and -MANY <= v <= U64,
    "bstr": lambda v: type(v) is bytes,
    "tstr": lambda v: type(v) is str,
    "bool": lambda v: type(v) is bool,
    "null": lambda v: v is None,
}
CANDIDATES = {
    "uint": (-1, 0, U64), "bool": (False, True, 0), "null": (None, False),
    "bstr": (b"", "x"), "tstr": ("", b"x"),
}
# For patterns: short and long, good and bad in every one of them.
WORDS = ["", "a", "0", "-", "a-", "A", "a_", "a b", "a\x7f", "é", "a" * 32,
         "a" * 33, "ABC", "AB", "ABCD", "abc", "A1C", "!" * 256, "~" * 257]


def as_bytes(value):
    return value.encode() if type(value) is str else value


def size_of(argument):
    return argument[1:3] if argument[0] == "range" else (argument[1],) * 2


def names_in(type_):
    """Every name that a type uses."""
    if isinstance(type_, tuple) and type_ and type_[0] == "name":
        yield type_[1]
        yield from names_in(type_[2])
    elif isinstance(type_, (list, tuple)):
        for part in type_:
            yield from names_in(part)


def replaced(value, path, new):
    """A copy with another value at a path."""
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = replaced(value[path[0]], path[1:], new)
    return value
