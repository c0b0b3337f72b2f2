# frozen_string_literal: true

require 'json'

module Stormhost
  # JSON for everything that is not a column: the setup object, messages, fails, and the Storm dialect.
  module JsonText
    # Nesting is limited by `emit` and by the host.
    WRITE = JSON::State.new(max_nesting: 0)
    private_constant :WRITE

    module_function

    # The value of a complete JSON text, given as bytes. Raises JSON::ParserError when it is none.
    def decode(data)
      text = data.encoding == Encoding::UTF_8 ? data : data.dup.force_encoding(Encoding::UTF_8)
      # A peer's NaN is passed on as on Storm: refusing it is the sender's part.
      JSON.parse(text, max_nesting: false, allow_nan: true)
    end

    # `value` as compact JSON, in bytes; what is not UTF-8 becomes `?`.
    def encode(value)
      WRITE.generate(value).b
    rescue JSON::GeneratorError, EncodingError
      WRITE.generate(scrubbed(value)).b
    end

    def scrubbed(value)
      case value
      when String then value.encode(Encoding::UTF_8, invalid: :replace, undef: :replace, replace: '?').scrub('?')
      when Array then value.map { |item| scrubbed(item) }
      when Hash then value.to_h { |key, item| [scrubbed(key.to_s), scrubbed(item)] }
      else value
      end
    end
    private_class_method :scrubbed
  end
end
