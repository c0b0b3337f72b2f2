#!/usr/bin/env perl
# A bolt in Perl, with nothing but what comes with it: splits sentences into words. All of Storm's protocol that a bolt needs is below.

use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical;
my @waiting;    # tuples that were read while waiting for task ids

$| = 1;         # flush after every message

# A message is JSON, then a line `end`. An array says where a tuple went, an object is anything else.
sub hear {
    my $text = '';
    while (defined(my $line = <STDIN>)) {
        return $json->decode($text) if $line eq "end\n";
        $text .= $line;
    }
    exit 0;     # the host closed our input: an orderly end
}

sub say_to_host { print $json->encode({@_}), "\nend\n" }

# Emits a tuple that hangs on another, and returns the ids of the tasks that get it.
sub emit {
    my ($values, $anchor) = @_;
    say_to_host(command => 'emit', tuple => $values, anchors => [$anchor->{id}]);
    while (1) {
        my $message = hear();
        return $message if ref $message eq 'ARRAY';
        push @waiting, $message;
    }
}

sub process {
    my ($tuple) = @_;
    emit([lc $_], $tuple) for $tuple->{tuple}[0] =~ /[A-Za-z]+/g;
}

my $setup = hear();
open(my $file, '>', "$setup->{pidDir}/$$") or die "no file for the pid: $!";
close $file;
say_to_host(pid => $$);

while (1) {
    my $tuple = @waiting ? shift @waiting : hear();
    next if ref $tuple ne 'HASH';
    if ($tuple->{stream} eq '__heartbeat') {
        say_to_host(command => 'sync');
    } elsif (eval { process($tuple); 1 }) {
        say_to_host(command => 'ack', id => $tuple->{id});
    } else {
        say_to_host(command => 'error', msg => "$@");
        say_to_host(command => 'fail', id => $tuple->{id});
    }
}
