# frozen_string_literal: true

require 'stormhost'
require 'stormhost/jsontext'
require 'stormhost/stdio'
require 'stormhost/wire'

module Stormhost
  # A child from its first act to its last: descriptors, handshake, `prepare`, the loop, the exit status.
  #
  # The handshake is answered once `prepare` has returned, so a component that cannot start is told from one that fails later: it
  # leaves with status 1 before it has ever been healthy, and its backtrace stands on standard error.
  module Child
    # Of the frames that this library speaks.
    PROTOCOL = 1

    module_function

    # Serves the component that the block returns, then exits: 0 when the host closed our input, 1 after an error.
    def run
      process = ::Process.pid
      channel_in, channel_out = Stdio.take_over
      Stdio.arm_stacks
      link = nil
      begin
        component = yield
        link = connect(component, channel_in, channel_out)
        link.bind
        component.prepare
        link.run
      rescue HostGone
        leave_at_once
      rescue *FAILURES, NoMemoryError, UncaughtThrowError => e
        STDERR.puts(Traceback.story(e))
        last_words(link) if ::Process.pid == process
        exit(1)
      rescue Exception # rubocop:disable Lint/RescueException # `exit` in user code, or an interrupt: what is finished still counts
        last_words(link) if ::Process.pid == process # not one that user code forked
        raise
      end
      exit(0)
    end

    # Reads the setup object and chooses the dialect: frames where the host offers them, else Storm's JSON.
    def connect(component, channel_in, channel_out)
      setup, rest = read_setup(channel_in)
      context = setup['context'] || {}
      offer = setup['stormhost']
      offer = nil unless offer.is_a?(Hash) && offer.fetch('versions', []).include?(PROTOCOL)
      offer = nil if ENV['STORMHOST_CODEC'] == 'storm'
      component.stormhost_place(
        conf: component.class.conf.merge(setup['conf'] || {}),
        context: context,
        task_id: offer&.fetch('task', nil) || context['taskid'] || 0,
        component_id: context['componentid'] || component.class.name
      )
      leave_pid(setup['pidDir'])
      return frames_link(component, offer, channel_in, channel_out, rest) if offer

      require 'stormhost/storm'
      Storm.link(component, channel_in, channel_out, rest)
    end

    # The host's first message, and what was read beyond it. Raises Error when there is none.
    def read_setup(channel)
      data = ''.b
      until (found = data.index("\nend\n"))
        piece = read_piece(channel)
        if data.empty? && !piece.match?(/\A[{\s]/n)
          raise Error, "the host does not begin with JSON; declare this component without serializer: 'msgpack': " \
                       'frames use MessagePack by themselves'
        end
        data << piece
      end
      setup = JsonText.decode(data.byteslice(0, found))
      raise Error, "the host's first message is no JSON object: #{data.byteslice(0, 60).inspect}" unless setup.is_a?(Hash)

      [setup, data.byteslice(found + 5..)]
    end

    def read_piece(channel)
      channel.readpartial(Wire::READ)
    rescue EOFError
      raise Error, 'no setup object on standard input: a component is started by a host, not by hand; ' \
                   'see Stormhost::Testing for trying one out'
    end

    def frames_link(component, offer, channel_in, channel_out, rest)
      require 'stormhost/frames_bolt'
      require 'stormhost/frames_spout'
      kind = { 'bolt' => [Bolt, BoltLink], 'spout' => [Spout, SpoutLink] }[offer['kind']]
      unless kind && component.is_a?(kind.first)
        raise Error, "#{component.component_id} is declared as a #{offer['kind']}, but #{component.class} is none"
      end

      codec = Codec.choose(offer.fetch('encodings', ['json']))
      kind.last.new(Wire::Inlet.new(channel_in, rest), Wire::Outlet.new(channel_out), codec, offer, component)
    end

    # Storm's way of telling a supervisor what to kill: an empty file named by the pid.
    def leave_pid(folder)
      File.write(File.join(folder, ::Process.pid.to_s), '') if folder && File.directory?(folder)
    rescue SystemCallError
      nil # the host knows the pid from the handshake
    end

    def last_words(link)
      link.stop if link&.opened?
    rescue HostGone
      leave_at_once
    rescue StandardError => e # perhaps the very thing that ended us
      STDERR.puts("could not send what was finished: #{e.message}")
    end

    # Nobody is there to hear us, or to wait for our threads.
    def leave_at_once
      STDERR.flush
      exit!(1)
    end

    private_class_method :read_setup, :read_piece, :frames_link, :leave_pid, :last_words, :leave_at_once
  end
end
