"""
Word count topology
"""

from bolts.count import NameBolt, WordCountBolt
from bolts.printer import PrinterBolt
from bolts.split import SplitBolt
from spouts.sentences import SentenceSpout
from streamparse import Grouping, Topology


class WordCount(Topology):
    config = {"topology.message.timeout.secs": 60}

    sentences = SentenceSpout.spec()
    split = SplitBolt.spec(inputs=[sentences], par={"laptop": 2, "cluster": 8})
    count = WordCountBolt.spec(inputs={split: Grouping.fields("word")}, par=2)
    names = NameBolt.spec(inputs={split["names"]: Grouping.GLOBAL})
    printer = PrinterBolt.spec(inputs={count: Grouping.DIRECT, names: Grouping.SHUFFLE}, par=2)
