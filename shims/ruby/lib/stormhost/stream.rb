# frozen_string_literal: true

module Stormhost
  # One output stream as it is declared: its id, its fields, and whether the emitter picks the receiving task.
  Stream = Struct.new(:id, :fields, :direct) do
    # As it stands in the IR.
    def as_json
      { 'fields' => fields.map(&:to_s), 'direct' => direct ? true : false }
    end

    # Names given in any way, as one list of text.
    def self.names(given)
      [given].flatten.map { |name| name.is_a?(Symbol) ? name.name : name }
    end
  end

  # The words by which a component class says what it emits. A class without streams emits nothing; streams are inherited.
  module Streams
    # The fields of the stream `default`: `output_fields :word, :count`. Of others by their ids: `output_fields late: [:word]`.
    def output_fields(*fields, **others)
      stream(:default, *fields) unless fields.empty?
      others.each { |id, names| stream(id, *names) }
    end

    # A further stream: `stream :late_ones, :word`. With `direct: true` the emitter picks the receiving task.
    def stream(id, *fields, direct: false)
      own_streams[id.to_s] = Stream.new(id.to_s, Stream.names(fields), direct)
    end

    # All streams by id, inherited ones first.
    def streams
      inherited = superclass.respond_to?(:streams) ? superclass.streams : {}
      inherited.merge(own_streams)
    end

    private

    def own_streams
      @own_streams ||= {}
    end
  end
end
