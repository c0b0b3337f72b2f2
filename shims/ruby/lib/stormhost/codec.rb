# frozen_string_literal: true

module Stormhost
  # How columns become bytes: the msgpack gem where it is installed, else the json of the standard library.
  #
  # Values are appended to a *column* as they are emitted. With MessagePack that encodes them at once, so nothing has to be copied
  # and nothing is left to do later; with JSON they are copied and encoded together, which is five times as fast as one by one.
  # `STORMHOST_CODEC=json|msgpack` in the environment forces one, for tests and measurements; with `storm` a child declines the frames,
  # and speaks Storm's JSON as it does on Apache Storm.
  module Codec
    # `name` is for the log. `append` and `take` are Ruby for the compiled `emit`: they must not branch (see `emit.rb`).
    class MessagePack
      def self.load
        require 'msgpack'
        new
      end

      def name
        'msgpack'
      end

      def encoding
        'msgpack'
      end

      def new_column
        ::MessagePack::DefaultFactory.packer
      end

      def append(column, value)
        "#{column}.write(#{value})"
      end

      def take(column)
        "#{column}.full_pack"
      end

      # How many bytes are in a column.
      def bytes(column)
        column.buffer.size
      end

      # One value as bytes, to see whether it fits.
      def encode(value)
        ::MessagePack.pack(value)
      end

      # What was taken from a column, as a complete array of `count` values.
      def finish(taken, count)
        header(count) << taken
      end

      # A complete array.
      def decode(bytes)
        ::MessagePack.unpack(bytes)
      end

      private

      def header(count)
        if count < 16 then [0x90 | count].pack('C')
        elsif count < 1 << 16 then [0xdc, count].pack('Cn')
        else
          [0xdd, count].pack('CN')
        end
      end
    end

    # JSON of the standard library.
    class Json
      def self.load
        require 'stormhost/jsontext'
        new
      end

      def name
        'json'
      end

      def encoding
        'json'
      end

      def new_column
        []
      end

      # Text is copied; what cannot change is its own copy. Lists and maps are copies already.
      def append(column, value)
        "#{column} << #{value}.dup"
      end

      def take(column)
        "#{column}.shift(#{column}.size)"
      end

      # A guess that is good enough: only short texts come here without being measured.
      def bytes(column)
        column.size * 32
      end

      def encode(value)
        JsonText.encode(value)
      end

      def finish(taken, _count)
        JsonText.encode(taken)
      end

      def decode(bytes)
        JsonText.decode(bytes)
      end
    end

    KNOWN = { 'msgpack' => MessagePack, 'json' => Json }.freeze

    # The fastest codec that is installed and whose encoding the host offers.
    #
    # Raises Error when `STORMHOST_CODEC` names one that cannot be had.
    def self.choose(offered)
      forced = ENV.fetch('STORMHOST_CODEC', '')
      KNOWN.each do |name, codec|
        next unless offered.include?(name) && (forced.empty? || forced == name)

        return codec.load
      rescue LoadError
        next
      end
      raise Error, "STORMHOST_CODEC=#{forced}: not installed, or unknown (#{KNOWN.keys.join(', ')})" unless forced.empty?

      raise Error, "the host offers no encoding that this library knows, only #{offered.join(', ')}"
    end
  end
end
