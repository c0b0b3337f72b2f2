"""Topologies in Ruby, run by the real program: exact counts, in both encodings, with children killed and values that cannot be sent."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from harness import Stormhost
from texts import counted, write_text

WORD_COUNT = """
require 'stormhost'
TEXT, SINK = ARGV

def note(*values)
  File.write(ENV.fetch('JOURNAL'), "#{JSON.generate(values)}\\n", mode: 'a')
end

class Lines < Stormhost::ReliableSpout
  output_fields :sentence
  max_tries 1000

  def prepare
    @acked = Hash.new(0)
  end

  def tuples
    File.foreach(TEXT).with_index { |line, number| emit line.chomp, id: number; yield }
  end

  def ack(id) = @acked[id] += 1
  def close = note('acks', @acked.size, @acked.values.minmax)
end

class Split < Stormhost::AutoAckBolt
  output_fields :word
  on_receive { |input| input.sentence.split.zip }
end

class Sink < Stormhost::AutoAckBolt
  def prepare
    @sink = File.open(SINK, File::WRONLY | File::APPEND | File::CREAT)
  end

  def execute(input)
    @sink.syswrite("#{input.word}\\n")
  end
end

class WordCount < Stormhost::Topology
  spout Lines
  bolt(Split, parallelism: 2) { source Lines }
  bolt(Sink, parallelism: 2) { source Split, fields: :word }
end
"""


@pytest.fixture
def words(stormhost: Stormhost) -> Path:
    return stormhost.write(WORD_COUNT, "words.rb")


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_a_word_count_is_exact(stormhost: Stormhost, words: Path, codec: str) -> None:
    text, sink = stormhost.folder / "text", stormhost.folder / "sink"
    write_text(text, 3000)
    run = stormhost.start(words, args=[str(text), str(sink)], env={"STORMHOST_CODEC": codec})
    run.ends_with(0)
    assert run.noted("acks") == [(3000, [1, 1])]
    assert Counter(sink.read_text().split()) == counted(text)


def test_killed_children_lose_nothing(stormhost: Stormhost, words: Path) -> None:
    text, sink = stormhost.folder / "text", stormhost.folder / "sink"
    write_text(text, 20_000)
    run = stormhost.start(words, args=[str(text), str(sink)])
    for component in ("split", "sink", "split"):
        before = sink.stat().st_size if sink.exists() else 0
        run.until(lambda before=before: sink.exists() and sink.stat().st_size > before + 2000, "words to be written")
        assert run.kill_some([component])
    run.ends_with(0, 120)
    assert run.told.count("SIGKILL") >= 3, run.told
    assert run.noted("acks") == [(20_000, [1, 1])]
    seen = Counter(sink.read_text().split())
    assert all(seen[word] >= count for word, count in counted(text).items())


def test_what_cannot_be_sent_fails_with_its_line(stormhost: Stormhost) -> None:
    source = """
    require 'stormhost'
    class Odd < Stormhost::Spout
      output_fields :n
      def tuples = 3.times { |n| emit n, id: n }.then { yield }
      def fail(id) = log("failed #{id}: #{failure}")
    end
    class Wrong < Stormhost::AutoAckBolt
      output_fields :x
      def execute(input)
        emit [1 << 64, Float::NAN, "\\xff"][input.n]
      end
    end
    class T < Stormhost::Topology
      spout Odd
      bolt(Wrong) { source Odd }
      bolt(Stormhost::Print) { source Wrong }
    end
    """
    run = stormhost.start(stormhost.write(source, "odd.rb")).ends_with(3)
    for said in ("the integer does not fit into 64 bits", "NaN is not a finite number", "the text holds the byte FF at position 0"):
        assert re.search(rf"failed \d: .*field 'x' of stream 'default': {said}", run.told), run.told
    assert re.search(r"odd\.rb:11:in `execute'", run.told)


def test_mistakes_are_told_with_their_places(stormhost: Stormhost) -> None:
    source = """require 'stormhost'
class T < Stormhost::Topology
  bolt 'cat', id: :cat do
    source :nowhere
  end
  bolt Object
end
"""
    run = stormhost.start(stormhost.write(source, "bad.rb")).ends_with(1)
    assert re.search(r"bad\.rb:4: error: .*nowhere", run.told), run.told
    assert "bad.rb:6: error: Object is no bolt" in run.told


def test_a_child_that_cannot_start_names_what_is_missing(stormhost: Stormhost) -> None:
    source = """
    require 'stormhost'
    class Needy < Stormhost::Spout
      def prepare = require('no_such_gem')
      def next_tuple = done
    end
    class T < Stormhost::Topology
      spout Needy
    end
    """
    run = stormhost.start(stormhost.write(source, "needy.rb")).ends_with(4)
    assert "has no library 'no_such_gem'" in run.told


def test_languages_meet_in_one_topology(stormhost: Stormhost) -> None:
    stormhost.write("from stormhost import *\n\nclass Upper(AutoAckBolt):\n    class Default(Stream):\n        fields = 'word'\n\n"
                    "    def execute(self, input):\n        self.emit(input.word.upper())\n\nUpper().run()\n", "upper.py")
    source = """
    require 'stormhost'
    class Words < Stormhost::Spout
      output_fields :word
      def tuples = %w[one two].each { |word| yield word }
    end
    class T < Stormhost::Topology
      spout Words
      bolt('python3', 'upper.py', id: :upper, fields: :word) { source Words }
      bolt(Stormhost::Print) { source :upper }
    end
    """
    run = stormhost.start(stormhost.write(source, "mixed.rb")).ends_with(0)
    assert sorted(run.stdout.split()) == ["ONE", "TWO"]


def test_a_lua_script_runs_inside_for_a_topology_in_ruby(stormhost: Stormhost) -> None:
    stormhost.write(
        "local stormhost = require 'stormhost'\nlocal Upper = stormhost.AutoAckBolt:extend { fields = 'word' }\n"
        "function Upper:execute(input) self:emit(input.word:upper()) end\nreturn Upper\n",
        "upper.lua",
    )
    source = """
    require 'stormhost'
    class Words < Stormhost::Spout
      output_fields :word
      def tuples = %w[one two].each { |word| yield word }
    end
    class T < Stormhost::Topology
      spout Words
      bolt('lua', 'upper.lua', id: :upper, fields: :word, where: :inside) { source Words }
      bolt(Stormhost::Print) { source :upper }
    end
    """
    run = stormhost.start(stormhost.write(source, "mixed.rb")).ends_with(0)
    assert sorted(run.stdout.split()) == ["ONE", "TWO"]
    assert run.children("upper") == []
    nowhere = stormhost.write(source.replace(":inside", ":beside"), "nowhere.rb")
    assert 'error: "upper" is to run "beside", which is no place' in stormhost.start(nowhere).ends_with(1).told


def test_a_ruby_script_is_a_component_of_a_python_topology(stormhost: Stormhost) -> None:
    stormhost.write(
        "require 'stormhost'\nclass Upper < Stormhost::AutoAckBolt\n  output_fields :word\n"
        "  on_receive { |input| input.word.upcase }\nend\nUpper.new.run\n",
        "upper.rb",
    )
    source = """
class Words(Spout):
    class Default(Stream):
        fields = 'word'
    def tuples(self):
        yield from ('one', 'two')

class T(Topology):
    words = Words(1)
    upper = Process('ruby', 'upper.rb', fields='word', inputs=[ShuffleGrouping(words)])
    show = Print(inputs=[ShuffleGrouping(upper)])
"""
    run = stormhost.start(source).ends_with(0)
    assert sorted(run.stdout.split()) == ["ONE", "TWO"]
