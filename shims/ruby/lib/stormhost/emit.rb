# frozen_string_literal: true

module Stormhost
  # The `emit` of a component that speaks frames. It runs once a tuple, so it is compiled to measure.
  #
  # From one template come: `emit` itself, whose fast way is a row of common values without extras for the stream `default`; an
  # `add` for each block, which the slower ways end in; and `take`, which takes everything away that was added. State stands in
  # constants of the module that is compiled, which Ruby reads faster than anything but a local variable.
  #
  # A row is added by statements that do not branch: Ruby switches threads, and takes signals, only where code branches, returns or
  # waits. So a row is added whole or not at all, whoever else adds or takes.
  module Emit
    # Integers that Ruby holds in one word; larger ones go the slow way.
    SMALL = 1 << 61
    # Text that is never measured: a frame has room for a column of this many.
    SHORT = 1024
    # After how many rows their size is looked at; one less than a power of two.
    OFTEN = 127

    FIT = '(String === %<v>s ? %<v>s.encoding.equal?(UTF_8) && %<v>s.valid_encoding? && %<v>s.bytesize <= SHORT : ' \
          'Integer === %<v>s ? %<v>s < SMALL && %<v>s > -SMALL : ' \
          'nil.equal?(%<v>s) || (Float === %<v>s ? %<v>s.finite? : true.equal?(%<v>s) || false.equal?(%<v>s)))'
    BOLT = 'anchors: nil, stream: nil, direct_task: nil, need_task_ids: false'
    SPOUT = 'id: nil, stream: nil, direct_task: nil, need_task_ids: false'
    private_constant :SMALL, :SHORT, :OFTEN, :FIT, :BOLT, :SPOUT

    module_function

    # Compiles the module for these results. `link` takes what is not fast: `special_emit`, `slow_emit`, `anchor_ids` and `check`.
    # `blocks` are [output, tracked]; a component whose class has an `emit` of its own gets only `stormhost_emit`.
    def build(link, results, codec, kind)
      made = Module.new
      { LINK: link, RESULTS: results, ROWS: results.rows, ANCHORS: results.anchors, IDS: results.ids, DIRECTS: results.directs,
        MARKS: results.marks, ACKS: results.acks, FAILS: results.fails, UTF_8: Encoding::UTF_8, SMALL: SMALL, NONE: [].freeze,
        SHORT: [SHORT, results.largest / 64].min, OFTEN: results.largest < 1 << 20 ? 0 : OFTEN }
        .each { |name, value| made.const_set(name, value) }
      results.columns.each_with_index do |columns, block|
        columns.each_with_index { |column, at| made.const_set(name_of(block, at), column) }
      end
      source = [taker(results, codec), *results.blocks.each_index.map { |block| adder(results, codec, block, kind) },
                kind == :bolt ? bolt_emit(results, codec) : spout_emit(results, codec)]
      made.module_eval(source.join("\n"), __FILE__, 1)
      made
    end

    def name_of(block, at)
      "C#{block}_#{at}"
    end

    # `take`: everything that was added, and nothing is left. A method of the results, which count what they have taken: marks and
    # rows, acks and the rows they came after, are never torn apart by a thread that adds.
    def taker(results, codec)
      columns = results.columns.each_with_index.map do |each, block|
        "[#{each.each_index.map { |at| codec.take(name_of(block, at)) }.join(', ')}]"
      end
      lists = [results.anchors ? 'ANCHORS.shift(ANCHORS.size)' : 'nil',
               *%w[IDS DIRECTS MARKS ACKS FAILS].map { |name| "#{name}.shift(#{name}.size)" }]
      'def RESULTS.take = (@sent += ROWS.size; @consumed += MARKS.size; ' \
        "[ROWS.shift(ROWS.size), [#{columns.join(', ')}], #{lists.join(', ')}, @consumed])"
    end

    # `add_<block>(row, task, extra)`: adds a row that has passed all checks. `extra`: the ids of its anchors, or its message id.
    def adder(results, codec, block, kind)
      [
        "def self.add_#{block}(row, task, extra)",
        '  DIRECTS << ROWS.size << task if task',
        statements(results, codec, block, kind, 'extra') { |at| "row[#{at}]" },
        'end'
      ].join("\n")
    end

    # The statements that add a row, on one line. Its values are what the block says of their positions.
    def statements(results, codec, block, kind, extra)
      output, tracked = results.blocks[block]
      parts = (0...output.width).map { |at| codec.append(name_of(block, at), yield(at)) }
      parts << "IDS << #{extra}" if kind == :spout && tracked == 1
      parts << "ANCHORS << #{extra}" if results.anchors
      parts << "ROWS << #{block}"
      parts.join('; ')
    end

    def bolt_emit(results, codec)
      block = results.blocks.index { |output, _| output.name == 'default' && !output.direct }
      return special_only(BOLT) unless block

      output, = results.blocks[block]
      [
        "def stormhost_emit(values, #{BOLT})",
        '  if stream || direct_task || need_task_ids',
        '    return LINK.special_emit(values, anchors, stream, direct_task, need_task_ids)',
        '  end',
        ("  ids = anchors.nil? ? NONE : LINK.anchor_ids(anchors)\n" if results.anchors),
        fast(results, codec, block, :bolt, output.listeners, 'ids', results.anchors ? 'ids' : 'nil'),
        'end'
      ].compact.join("\n")
    end

    def spout_emit(results, codec)
      block = results.blocks.index { |output, tracked| output.name == 'default' && !output.direct && tracked.zero? }
      return special_only(SPOUT) unless block

      output, = results.blocks[block]
      [
        "def stormhost_emit(values, #{SPOUT})",
        '  if stream || direct_task || need_task_ids',
        '    return LINK.special_emit(values, id, stream, direct_task, need_task_ids)',
        '  end',
        '  if id.nil?',
        fast(results, codec, block, :spout, output.listeners, 'nil', 'nil'),
        '  else',
        # What is tracked is sent even if nobody listens: the spout waits for its ack.
        fast(results, codec, block + 1, :spout, true, 'id', 'id'),
        '  end',
        'end'
      ].join("\n")
    end

    def special_only(signature)
      names = signature.split(', ').map { |part| part.split(':').first }
      "def stormhost_emit(values, #{signature}) = LINK.special_emit(values, #{names.join(', ')})"
    end

    # The fast way of one block: common values are added here, all others by `slow_emit`.
    def fast(results, codec, block, kind, listeners, extra, slow_extra)
      output, = results.blocks[block]
      return "  LINK.counted(values, #{block})" unless listeners

      width = output.width
      bare = width == 1
      names = bare ? ['values'] : (0...width).map { |at| "v#{at}" }
      condition = names.map { |name| format(FIT, v: name) }.join(' && ')
      unless bare
        taken = names.each_with_index.map { |name, at| "#{name} = values[#{at}]" }.push('true').join('; ')
        condition = ["Array === values && values.size == #{width}", "(#{taken})", condition].reject(&:empty?).join(' && ')
      end
      [
        "  if #{condition}",
        "    #{statements(results, codec, block, kind, extra) { |at| names[at] }}",
        '    LINK.check if ROWS.size & OFTEN == 0',
        '  else',
        "    LINK.slow_emit(values, #{block}, nil, #{slow_extra})",
        '    LINK.check',
        '  end',
        '  nil'
      ].join("\n")
    end

    private_class_method :name_of, :taker, :adder, :statements, :bolt_emit, :spout_emit, :special_only, :fast
  end
end
