# frozen_string_literal: true

$LOAD_PATH.unshift(File.expand_path('../lib', __dir__))
require 'minitest/autorun'
require 'stormhost'
require 'stormhost/codec'
require_relative 'host'

# The codecs that every conversation is held with. The msgpack gem has to be there: a test that is left out tells nothing.
require 'msgpack'
CODECS = Stormhost::Codec::KNOWN.keys

# Holds conversations with components, one after another with each codec, and leaves none behind.
module Conversations
  def teardown
    (@hosts || []).each(&:stop)
  end

  def host(component, **options)
    (@hosts ||= []) << Host.new(component, **options)
    @hosts.last
  end

  def self.included(test)
    test.extend(Cases)
  end

  # Defines a test a codec.
  module Cases
    def conversation(name, component, **options, &block)
      CODECS.each do |codec|
        define_method("test_#{name}_in_#{codec}") do
          instance_exec(host(component, codec: codec, **options).open, &block)
        end
      end
    end
  end
end
