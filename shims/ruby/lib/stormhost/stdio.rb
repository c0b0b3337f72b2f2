# frozen_string_literal: true

require 'fcntl'

module Stormhost
  # The first act of a child: standard input and output are taken for the protocol.
  #
  # The descriptors themselves move, not only `$stdout`, so prints of C code and of grandchildren are covered too.
  module Stdio
    # Out of the way of code that closes or counts low descriptors.
    HIGH = 200
    private_constant :HIGH

    module_function

    # Moves descriptors 0 and 1 away and returns them, as IOs that no program we start inherits.
    #
    # Afterwards descriptor 0 is /dev/null and descriptor 1 is standard error, so whatever is printed ends in the log.
    def take_over
      STDOUT.flush
      channels = [IO.for_fd(move_up(STDIN), 'rb'), IO.for_fd(move_up(STDOUT), 'wb')]
      channels.each { |channel| channel.sync = channel.close_on_exec = true }
      STDIN.reopen(File::NULL, 'r')
      STDOUT.reopen(STDERR)
      # Lines of several threads stay whole, and a line that was printed before a crash is not lost.
      STDOUT.sync = true
      leave_to_parent(channels)
      channels
    end

    # The signal USR2, and with it the host when we hang, has the stacks of all threads written to standard error.
    def arm_stacks
      trap('USR2') do
        Thread.list.each do |thread|
          lines = (thread.backtrace || []).reject { |line| Traceback.ours?(line) }
          STDERR.write("#{thread.inspect}:\n#{lines.map { |line| "\t#{line}\n" }.join}")
        end
      end
    rescue ArgumentError
      nil # a convenience for bug reports: no reason to stop for lack of it
    end

    def move_up(io)
      io.fcntl(Fcntl::F_DUPFD, HIGH)
    rescue SystemCallError
      io.fcntl(Fcntl::F_DUPFD, 3) # fewer descriptors are allowed than that
    end

    # A process forked by user code must neither read nor write the protocol, nor hold its pipes open.
    def leave_to_parent(channels)
      forking = Module.new do
        define_method(:_fork) do
          super().tap { |pid| channels.each { |channel| channel.reopen(File::NULL, 'r+') } if pid.zero? }
        end
      end
      ::Process.singleton_class.prepend(forking)
    end

    private_class_method :move_up, :leave_to_parent
  end
end
