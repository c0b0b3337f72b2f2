"""One Python process and two functions: what counting costs when nothing is in between. Argument: the text."""

import sys

from told import tell


def split(sentence):
    return sentence.split()


def count(word, counts):
    n = counts[word] = counts.get(word, 0) + 1
    return word, n


def main():
    counts = {}
    begun = tell.begin()
    with open(sys.argv[1], encoding="ascii") as lines:
        for line in lines:
            for word in split(line.rstrip()):
                count(word, counts)
    tell.end(begun, counts=counts)


main()
