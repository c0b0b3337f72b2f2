# frozen_string_literal: true

require 'stormhost'

module Stormhost
  # The command line that the host uses: `describe FILE[:Name] -- args…` and `component FILE[:Name] ID -- args…`.
  module Launch
    USAGE = <<~TEXT
      usage: ruby main.rb describe FILE[:Name] [-- args…]
             ruby main.rb component FILE[:Name] ID [-- args…]
      The stormhost host runs these; by hand: stormhost check FILE, stormhost run FILE.
    TEXT

    module_function

    # Does what the words say, and ends the process.
    def main(words)
      split = words.index('--') || words.size
      args = words[split + 1..] || []
      words = words[0...split]
      ARGV.replace(args)
      case [words.first, words.size]
      when ['describe', 2]
        require 'stormhost/describe'
        Describe.run(*split_name(words[1]), args)
        exit(0)
      when ['component', 3]
        require 'stormhost/child'
        Child.run { component(*split_name(words[1]), words[2]) }
      end
      warn USAGE
      exit(2)
    end

    # `topology.rb:Name` as its two parts; the name may be missing.
    def split_name(text)
      file, name = text.match(/\A(.+):([[:alpha:]_]\w*)\z/m)&.captures
      name.nil? || File.exist?(text) ? [text, nil] : [file, name]
    end

    # The topologies that a file defines itself, by name, without those that others of it build on. Raises whatever its code raises.
    def topologies(path)
      load(path)
      found = Topology::DEFINED.select { |topology| topology.name && topology.place&.file == path }
      found.reject { |topology| found.any? { |other| other < topology } }
           .to_h { |topology| [topology.name, topology] }
    end

    # The component called `id`, as a real object.
    def component(file, name, id)
      found = topologies(File.expand_path(file))
      topology = name ? named(name) : found.values.first
      if topology.nil?
        raise Error, "#{file} has no topology #{"#{name} " if name}any more: was it changed while it was running?"
      end

      declaration = topology.declarations[id]
      return declaration.build if declaration.is_a?(ComponentDeclaration)

      raise Error, "topology #{topology.name} has no component '#{id}' any more: was #{file} changed?"
    end

    # The topology of this name, wherever it was defined; nil if there is none.
    def named(name)
      Topology::DEFINED.find { |topology| topology.name == name }
    end

    private_class_method :component
  end
end
