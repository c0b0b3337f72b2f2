# frozen_string_literal: true

module Stormhost
  # A file and a line in it: where in the user's file something stands, for mistakes.
  Place = Struct.new(:file, :line) do
    # The innermost line of user code that is being run.
    def self.here
      found = caller_locations(1).find { |frame| !Traceback.ours?(frame.path) }
      found && new(File.expand_path(found.path), found.lineno)
    end

    # As it stands in the IR.
    def as_json
      { 'file' => file, 'line' => line }
    end
  end

  # Something that the description cannot express; `check` shows it beside its own findings.
  Mistake = Struct.new(:message, :hint, :place, :traceback) do
    # As it stands in the IR.
    def as_json
      { 'message' => message, 'hint' => hint, 'traceback' => traceback, 'at' => place&.as_json }
    end
  end
end
