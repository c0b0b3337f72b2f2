# frozen_string_literal: true

module Stormhost
  # Backtraces as a user wants them: without the frames of this library and of Ruby's own machinery.
  module Traceback
    HOME = "#{__dir__}/".freeze
    # Characters of a story; a stack that is too deep would tell a much longer one.
    LENGTH = 16 << 10
    # Lines of one backtrace, for the same reason.
    LINES = 60
    private_constant :HOME, :LENGTH, :LINES

    module_function

    # Whether a line of a backtrace, or a file, belongs to this library or to Ruby's own machinery. Code that this library
    # compiles for a component bears its files' names too.
    def ours?(line)
      line.start_with?(HOME, '<internal:')
    end

    # The error with its backtrace, and with its causes, cut to the user's own frames.
    def story(error)
      told = []
      until error.nil? || told.size > 10
        told << one(error)
        error = error.cause
      end
      text = told.join("\ncaused by: ").scrub
      text.size <= LENGTH ? text : "#{text[0, LENGTH / 2]}\n…\n#{text[-LENGTH / 2..]}"
    end

    # One short line: the type and what it says, without the picture of the line of code that Ruby adds below.
    def summary(error)
      text = "#{error.class}: #{said(error).scrub.split("\n\n").first}".tr("\n", ' ')
      text.size <= 500 ? text : "#{text[0, 499]}…"
    end

    def one(error)
      all = error.backtrace || []
      lines = all.reject { |line| ours?(line) }
      lines = all if lines.empty? && !error.is_a?(SyntaxError) # then it is a story about us
      lines = lines.first(LINES / 2) + ["… #{lines.size - LINES} more …"] + lines.last(LINES / 2) if lines.size > LINES
      first = lines.shift
      ["#{"#{first}: " if first}#{said(error)} (#{error.class})", *lines.map { |line| "\tfrom #{line}" }].join("\n")
    end

    # What it says, even if saying it fails.
    def said(error)
      text = error.message.to_s
      text = text.dup.force_encoding(Encoding::UTF_8) unless text.encoding == Encoding::UTF_8
      text.empty? ? 'no message' : text
    rescue StandardError => e
      "(its message raises #{e.class})"
    end

    private_class_method :one, :said
  end
end
