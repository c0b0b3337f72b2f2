"""Bytewax on three fields of mixed types and 1 KB a tuple. Arguments: the text, and how many lines are a batch."""

import sys

import bytewax_flow as plain

PADDING = "x" * 1000


def row(pair):
    number, line = pair
    return line.rstrip(), number / 2, PADDING


def split(sentence):
    text, weight, padding = sentence
    return [(word, (weight, padding)) for word in text.split()]


def count(n, rest):
    n = (n or 0) + 1
    return n, (n, rest[1])


if __name__ == "__main__":
    plain.run(sys.argv[1], int(sys.argv[2]), row, split, count, lambda items: {word: n for word, (n, _) in items})
