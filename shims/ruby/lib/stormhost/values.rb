# frozen_string_literal: true

module Stormhost
  # What was handed to `emit` cannot be sent; the message names the field and the reason.
  # `code`: which error it is in the catalogue, for `stormhost explain`. It stands at the end of the message.
  class EmitError < Error
    attr_reader :reason, :code

    def initialize(reason = nil, code = 'SH0604')
      @reason = reason
      @code = code
      super("#{reason} [#{code}]")
    end
  end

  # What a field may hold, and the checks that `emit` makes.
  #
  # The wire carries null, booleans, integers of 64 bits, finite floats, text, lists, and maps with text keys, in JSON and
  # MessagePack alike. Whatever else is handed to `emit` is refused there and then, so that the error names the line that
  # made it. Symbols go as text. Everything is copied, since the caller may go on changing what it has emitted.
  module Values
    INT_MIN = -(1 << 63)
    INT_MAX = (1 << 64) - 1
    # Text may have this many bytes; half of the smallest frame limit anybody is expected to set.
    LONG_TEXT = 32 << 20
    # The host refuses what is nested deeper than 128; the row and its column take two levels of that.
    MAX_DEPTH = 120

    HINTS = {
      'Set' => 'make it a list, with to_a',
      'Range' => 'make it a list, with to_a',
      'Enumerator' => 'make it a list, with to_a',
      'Time' => 'use its iso8601',
      'Date' => 'use its iso8601',
      'DateTime' => 'use its iso8601',
      'BigDecimal' => 'make it text or a float',
      'Rational' => 'make it text or a float',
      'Struct' => 'use its to_h or to_a'
    }.freeze
    private_constant :HINTS

    module_function

    # `value` as plain data that any codec writes alike; a copy, but for what cannot change.
    #
    # Raises EmitError with the reason, without the name of the field, which the caller knows.
    def clean(value, depth = 0)
      case value
      when nil, true, false then value
      when String then text(value)
      when Symbol then text(value.name)
      when Integer
        return value if value.between?(INT_MIN, INT_MAX)

        raise EmitError, 'the integer does not fit into 64 bits; send it as text'
      when Float
        return value if value.finite?

        raise EmitError, "#{value} is not a finite number; send nil instead"
      when Array
        deeper(depth)
        value.map { |item| clean(item, depth + 1) }
      when Hash then map(value, depth)
      else raise EmitError, "a value of type #{value.class} cannot be sent; #{hint(value)}"
      end
    end

    # One emit as a list of plain values, one a field.
    #
    # An Array is always the row; anything else is a bare value, allowed where the stream has one field.
    # Raises EmitError naming the stream and its fields, or the field that cannot be sent.
    def clean_row(values, fields, stream)
      row = values.is_a?(Array) ? values : [values]
      raise wrong_count(values, fields, stream) if row.size != fields.size

      row.each_with_index.map do |value, position|
        clean(value)
      rescue EmitError => e
        raise EmitError, "field '#{fields[position]}' of stream '#{stream}': #{e.reason}", cause: nil
      end
    end

    # The complaint about a row of the wrong length.
    def wrong_count(values, fields, stream)
      got = if values.is_a?(Array)
              "#{values.size} value#{'s' unless values.size == 1}"
            else
              "a bare #{values.class}"
            end
      names = fields.empty? ? 'no fields' : fields.join(', ')
      EmitError.new("stream '#{stream}' has #{fields.size} field#{'s' unless fields.size == 1} (#{names}), got #{got}", 'SH0602')
    end

    # The complaint about a stream that the component has not declared.
    def unknown_stream(stream, known)
      have = known.empty? ? 'none; add output_fields or stream to its class' : known.join(', ')
      EmitError.new("stream '#{stream}' is not declared by this component; declared: #{have}", 'SH0601')
    end

    def text(value)
      result = utf8(value)
      return result if result.bytesize <= LONG_TEXT

      raise EmitError, "the text has #{result.bytesize} bytes, more than #{LONG_TEXT}"
    end

    # A copy in UTF-8. Text in another encoding is the same text; bytes are none, unless they are plain ASCII.
    def utf8(value)
      if value.encoding == Encoding::UTF_8 || value.encoding == Encoding::BINARY || value.encoding == Encoding::US_ASCII
        result = String.new(value, encoding: Encoding::UTF_8)
        return result if result.ascii_only? || (result.valid_encoding? && value.encoding == Encoding::UTF_8)

        raise EmitError, bytes_reason(value, result)
      end
      value.encode(Encoding::UTF_8)
    rescue EncodingError => e
      raise EmitError, "the text cannot be written in UTF-8 (#{e.message})", cause: nil
    end

    def bytes_reason(value, result)
      if value.encoding == Encoding::BINARY
        return 'a value of type String with bytes (ASCII-8BIT) cannot be sent; ' \
               'name its encoding with force_encoding, or use base64'
      end
      position = result.each_char.take_while(&:valid_encoding?).sum(&:bytesize)
      format('the text holds the byte %<byte>02X at position %<position>d, which is not UTF-8; ' \
             'name its encoding, or use scrub', byte: result.getbyte(position), position: position)
    end

    def map(value, depth)
      deeper(depth)
      result = value.each_with_object({}) do |(key, item), made|
        raise EmitError, "a map's keys must be text, #{key.inspect} is not; use to_s" unless key.is_a?(String) || key.is_a?(Symbol)

        made[text(key.to_s)] = clean(item, depth + 1)
      end
      return result if result.size == value.size

      raise EmitError, 'a map has one key twice, as text and as a symbol'
    end

    def deeper(depth)
      raise EmitError, "it is nested deeper than #{MAX_DEPTH} levels, or contains itself" if depth >= MAX_DEPTH
    end

    def hint(value)
      named = value.class.ancestors.filter_map { |ancestor| HINTS[ancestor.name] }.first
      named || 'send nil, true, false, Integer, Float, String, Array or Hash'
    end

    private_class_method :text, :utf8, :bytes_reason, :map, :deeper, :hint
  end
end
