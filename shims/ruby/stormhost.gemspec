# frozen_string_literal: true

Gem::Specification.new do |gem|
  gem.name = 'stormhost'
  gem.version = File.read(File.expand_path('lib/stormhost.rb', __dir__))[/VERSION = '(.+)'/, 1]
  gem.summary = 'Spouts, bolts and topologies in Ruby, for the stormhost host and for Apache Storm'
  gem.description = 'The Ruby side of stormhost, which runs Storm topologies without Storm. Needs no other gem; with msgpack it is faster.'
  gem.authors = ['The stormhost authors']
  gem.license = 'Apache-2.0'
  gem.required_ruby_version = '>= 3.1'
  gem.files = Dir[File.join(__dir__, '{lib/**/*.rb,README.md}')].map { |file| file.delete_prefix("#{__dir__}/") }
  gem.metadata = { 'rubygems_mfa_required' => 'true' }
end
