# frozen_string_literal: true

module Stormhost
  # A subscription to one stream of a component: which tasks get which tuples. Storm's words and meanings.
  #
  # `source`: a component's class, its id, or what `bolt` or `spout` returned. What is wrong with it is not raised but described, so
  # that `check` shows all mistakes at once.
  class Grouping
    attr_reader :source, :stream, :fields, :place

    class << self
      # The word for it in the IR, and behind `source` in a topology.
      attr_reader :word

      # The subclass of this word; nil if there is none.
      def of(word)
        subclasses.find { |grouping| grouping.word == word.to_s }
      end
    end

    def initialize(source, *fields, stream: 'default')
      @place = Place.here
      @source = source
      @fields = Stream.names(fields)
      @stream = stream.to_s
    end

    # As it stands in the IR.
    def word
      self.class.word
    end
  end

  # Evenly over all tasks.
  class ShuffleGrouping < Grouping
    @word = 'shuffle'
  end

  # Equal values of these fields go to the same task, always.
  class FieldsGrouping < Grouping
    @word = 'fields'
  end

  # As fields, but over two tasks a key, whichever has had less: for skewed keys.
  class PartialKeyGrouping < Grouping
    @word = 'partial_key'
  end

  # A copy to every task.
  class AllGrouping < Grouping
    @word = 'all'
  end

  # Everything to the task with the lowest number.
  class GlobalGrouping < Grouping
    @word = 'global'
  end

  # To the task that the emitter names; for streams with `direct: true`.
  class DirectGrouping < Grouping
    @word = 'direct'
  end

  # No matter where; the same as shuffle.
  class NoneGrouping < Grouping
    @word = 'none'
  end

  # As shuffle: with one host, every task is local.
  class LocalOrShuffleGrouping < Grouping
    @word = 'local_or_shuffle'
  end

  # What a topology says with a word that is none of ours; `check` tells what there is.
  class UnknownGrouping < Grouping
    attr_reader :word

    def initialize(word, source, *fields, stream: 'default')
      super(source, *fields, stream: stream)
      @word = word.to_s
    end
  end
end
