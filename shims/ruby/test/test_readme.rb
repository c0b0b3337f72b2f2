# frozen_string_literal: true

require_relative 'helper'
require 'tmpdir'

# The code blocks of the README and of the page about Ruby work as they stand, and the gem builds and installs.
class TestReadme < Minitest::Test
  ROOT = File.expand_path('..', __dir__)
  PAGES = [File.join(ROOT, 'README.md'), File.expand_path('../../docs/ruby.md', ROOT)].freeze

  def blocks(page)
    File.read(page, encoding: 'UTF-8').scan(/```ruby\n(.*?)```/m).flatten
  end

  def run_ruby(source, *options, env: {})
    out, status = Open3.capture2e(env, RbConfig.ruby, *options, '-', stdin_data: source)
    assert(status.success?, out)
    out
  end

  def test_the_blocks_of_each_page_run
    PAGES.each do |page|
      source = blocks(page).join("\n")
      assert_operator(blocks(page).size, :>=, 3, page)
      run_ruby("#{source}\nexit!(0)\n", '-I', File.join(ROOT, 'lib'))
    end
  end

  def test_the_gem_installs_into_an_empty_folder_and_the_first_bolt_runs
    Dir.mktmpdir do |folder|
      gem = File.join(folder, 'stormhost.gem')
      [%W[build --output #{gem} stormhost.gemspec],
       %W[install --local --no-document --install-dir #{folder}/gems #{gem}]].each do |words|
        out, status = Open3.capture2e(RbConfig.ruby, '-S', 'gem', *words, chdir: ROOT)
        assert(status.success?, out)
      end
      said = run_ruby("#{blocks(PAGES.first).values_at(0, 2).join("\n")}\nputs $LOADED_FEATURES.grep(/stormhost/)\n",
                      env: { 'GEM_PATH' => "#{folder}/gems", 'GEM_HOME' => "#{folder}/gems" })
      assert_includes(said, "#{folder}/gems/gems/stormhost-#{Stormhost::VERSION}/lib/stormhost.rb")
    end
  end
end
