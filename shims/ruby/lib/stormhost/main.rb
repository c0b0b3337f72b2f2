# frozen_string_literal: true

# Started by the host; see `launch.rb`. Kept so plain that an old Ruby can read it, and say that it is old.

if (RUBY_VERSION.split('.').map(&:to_i) <=> [3, 1]) < 0
  abort "stormhost needs Ruby 3.1 or newer; this is #{RUBY_VERSION} (#{RbConfig.ruby})"
end
# This package goes before a gem of the same name: the host and its package belong together.
$LOAD_PATH.unshift(File.expand_path('..', __dir__))
require 'stormhost/launch'
Stormhost::Launch.main(ARGV.dup)
