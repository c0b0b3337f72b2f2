# frozen_string_literal: true

require 'io/wait'

module Stormhost
  # Nobody reads our output any more. No StandardError, so that user code does not swallow it.
  class HostGone < Exception; end # rubocop:disable Lint/InheritException

  # The host closed our standard input: an orderly stop.
  class EndOfInput < Error; end

  # The host said something that is no frame.
  class WireError < Error; end

  # Frames over two descriptors: `PROTOCOL.md`, "The frame". Knows bytes and kinds, nothing of spouts and bolts.
  module Wire
    TUPLES = 'T'
    CREDIT = 'N'
    ACKED = 'A'
    FAILED = 'F'
    TASK_IDS = 'I'
    COMMAND = 'C'
    RESULTS = 'R'
    MESSAGE = 'M'
    MAGIC = "\xFFSH".b.freeze
    # For `Thread.handle_interrupt` around what has to be done whole or not at all: an exception from outside (`Timeout`,
    # `Thread#raise`, `Thread#kill`) strikes right after it.
    WHOLE = { Object => :never }.freeze
    # What a pipe holds by default.
    READ = 1 << 16

    # Reads frames. `rest` is what was read beyond the handshake.
    class Inlet
      def initialize(channel, rest = ''.b)
        @channel = channel
        @data = rest.b
        @at = 0
        @piece = String.new(capacity: READ, encoding: Encoding::BINARY)
      end

      # The next frame: its kind and its payload. Waits for it.
      #
      # Raises EndOfInput at the end, WireError for a frame cut short or for bytes that are no frame.
      def frame
        fill(8) if @data.bytesize - @at < 8
        unless @data.byteslice(@at, 3) == MAGIC
          raise WireError, "the host sent bytes that are no frame: #{@data.byteslice(@at, 32).inspect}"
        end

        length = @data.unpack1('V', offset: @at + 4)
        fill(8 + length) if @data.bytesize - @at < 8 + length
        kind = @data.byteslice(@at + 3, 1)
        payload = @data.byteslice(@at + 8, length)
        @at += 8 + length
        [kind, payload]
      end

      # Whether a frame, or the beginning of one, can be had without waiting longer than this.
      def waiting?(milliseconds = 0)
        @data.bytesize - @at >= 8 || !@channel.wait_readable(milliseconds / 1000.0).nil?
      end

      private

      def fill(wanted)
        @data = @data.byteslice(@at, @data.bytesize - @at)
        @at = 0
        while @data.bytesize < wanted
          begin
            @channel.readpartial([READ, wanted - @data.bytesize].max, @piece)
          rescue EOFError
            raise WireError, "the host's last frame is cut short" unless @data.empty?

            raise EndOfInput
          end
          @data.empty? ? @data = @piece.dup : @data << @piece
        end
      end
    end

    # Writes, waiting until all is gone. Any thread may write: one message at a time.
    class Outlet
      def initialize(channel)
        @channel = channel
        @lock = Mutex.new
        @writing = false
      end

      # Writes all of `data`. Raises HostGone when nobody reads any more.
      #
      # A signal may still cut it short, and what came behind that would be taken for the rest: nothing is said any more then.
      def write(data)
        Thread.handle_interrupt(WHOLE) do
          @lock.synchronize do
            raise HostGone, 'a message was cut short' if @writing

            @writing = true
            @channel.write(data)
            @writing = false
          end
        end
      rescue SystemCallError, IOError => e
        raise HostGone, e.message
      end

      # Writes one frame.
      def frame(kind, payload)
        write([MAGIC, kind, payload.bytesize].pack('a3aV') << payload)
      end
    end
  end
end
