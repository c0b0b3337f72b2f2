# frozen_string_literal: true

require 'json'

# What a component of a benchmark tells the harness, as `probe.py` has it: one JSON object a line, in a file of its own in the folder
# `BENCH_OUT`.
module Probe
  module_function

  # Writes down an event. Slow (tens of microseconds): for the few that matter.
  def tell(event, **facts)
    folder = ENV.fetch('BENCH_OUT', nil) or return
    line = JSON.generate({ event: event, at: Process.clock_gettime(Process::CLOCK_MONOTONIC), **facts })
    File.write(File.join(folder, "#{Process.pid}.jsonl"), "#{line}\n", mode: 'a')
  end

  # Writes down an event, with the CPU time and memory of every process of this run until now.
  def tell_usage(event)
    tell(event, processes: usage(Process.ppid))
  end

  # CPU seconds and peak memory of a process and all its descendants, each with a name.
  def usage(root)
    children = Hash.new { |made, pid| made[pid] = [] }
    Dir.children('/proc').grep(/\A\d+\z/).each do |pid|
      # The name in brackets may hold anything, so what follows is found from the end.
      children[File.read("/proc/#{pid}/stat").rpartition(')').last.split[1].to_i] << pid.to_i
    rescue SystemCallError
      next
    end
    look = [root]
    found = []
    while (pid = look.pop)
      look.concat(children[pid])
      begin
        found << { name: pid == root ? 'host' : name_of(pid), pid: pid, **used(pid) }
      rescue SystemCallError
        next # gone meanwhile
      end
    end
    found
  end

  def used(pid)
    nanoseconds = Dir.children("/proc/#{pid}/task").sum { |task| File.read("/proc/#{pid}/task/#{task}/schedstat").to_i }
    peak = File.read("/proc/#{pid}/status")[/^VmHWM:\s*(\d+)/, 1].to_i
    { cpu: nanoseconds / 1e9, peak_mb: peak / 1024.0 }
  end

  # A component's name from its command line; for other programs that of their script.
  def name_of(pid)
    words = File.binread("/proc/#{pid}/cmdline").split("\0")
    at = words.index('component')
    at ? words[at + 2] : File.basename(words.grep(/\.(py|rb)\z/).first || words.first, '.*')
  end
end
