# frozen_string_literal: true

require_relative 'helper'
require 'tmpdir'

# The gem builds, installs, and runs its first bolt. What else is written about the library, tests/docs runs.
class TestReadme < Minitest::Test
  ROOT = File.expand_path('..', __dir__)
  README = File.join(ROOT, 'README.md')

  def blocks
    File.read(README, encoding: 'UTF-8').scan(/```ruby.*?\n(.*?)```/m).flatten
  end

  def run_ruby(source, *options, env: {})
    out, status = Open3.capture2e(env, RbConfig.ruby, *options, '-', stdin_data: source)
    assert(status.success?, out)
    out
  end

  def test_the_gem_installs_into_an_empty_folder_and_the_first_bolt_runs
    Dir.mktmpdir do |folder|
      gem = File.join(folder, 'stormhost.gem')
      [%W[build --output #{gem} stormhost.gemspec],
       %W[install --local --no-document --install-dir #{folder}/gems #{gem}]].each do |words|
        out, status = Open3.capture2e(RbConfig.ruby, '-S', 'gem', *words, chdir: ROOT)
        assert(status.success?, out)
      end
      said = run_ruby("#{blocks.values_at(0, 2).join("\n")}\nputs $LOADED_FEATURES.grep(/stormhost/)\n",
                      env: { 'GEM_PATH' => "#{folder}/gems", 'GEM_HOME' => "#{folder}/gems" })
      assert_includes(said, "#{folder}/gems/gems/stormhost-#{Stormhost::VERSION}/lib/stormhost.rb")
    end
  end
end
