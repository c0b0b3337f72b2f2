# frozen_string_literal: true

# Spouts, bolts and topologies in Ruby, for the stormhost host and for Apache Storm.
#
# A topology is a class whose body declares components and connects them; see the README for a first one.
module Stormhost
  VERSION = '0.1.0'

  # Whatever this library raises for its user to handle.
  class Error < StandardError; end

  # What user code may raise without ending the process: all but signals, `exit` and lack of memory.
  FAILURES = [StandardError, ScriptError, SystemStackError].freeze
end

require 'stormhost/values'
require 'stormhost/traceback'
require 'stormhost/place'
require 'stormhost/stream'
require 'stormhost/component'
require 'stormhost/bolt'
require 'stormhost/batcher'
require 'stormhost/spout'
require 'stormhost/declaration'
require 'stormhost/groupings'
require 'stormhost/process'
require 'stormhost/hosted'
require 'stormhost/shell'
require 'stormhost/topology'

# What is needed only where it is used.
module Stormhost
  autoload :Testing, 'stormhost/testing'
end
