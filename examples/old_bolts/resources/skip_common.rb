# frozen_string_literal: true

require './storm'

# For storm.rb: its bolt anchors and acks by hand.
class SkipCommonBolt < Storm::Bolt
  COMMON = %w[a and of the to it in was that].freeze

  def prepare(_conf, _context)
    @skipped = 0
  end

  def process(tup)
    word = tup.values[0]
    if COMMON.include?(word)
      @skipped += 1
      logDebug("skipped #{@skipped} so far")
    else
      emit([word], anchor: tup)
    end
    ack(tup)
  end
end

SkipCommonBolt.new.run
