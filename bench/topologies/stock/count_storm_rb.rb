# frozen_string_literal: true

# `BENCH_MULTILANG`: the folder where it lies.
require File.join(ENV.fetch('BENCH_MULTILANG'), 'storm')

# A counter as users of Storm write it, on Storm's own storm.rb.
class Count < Storm::Bolt
  def prepare(_conf, _context)
    @counts = Hash.new(0)
  end

  def process(tup)
    word = tup.values[0]
    n = @counts[word] += 1
    emit([word, n], anchor: tup)
    ack(tup)
  end
end

Count.new.run
